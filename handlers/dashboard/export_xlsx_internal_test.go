package dashboard

import (
	"crypto/rand"
	"testing"
)

// writes counts what is written, and the most that is written at once.
type writes struct{ total, most int }

func (w *writes) Write(part []byte) (int, error) {
	w.total, w.most = w.total+len(part), max(w.most, len(part))
	return len(part), nil
}

func TestWorkbookIsNeverWholeInMemory(t *testing.T) {
	t.Parallel()
	var w writes
	file, err := newXLSX(&w)
	if err != nil {
		t.Fatal(err)
	}
	for range 20_000 {
		if err := file.row([]cell{{text: rand.Text()}, {text: rand.Text()}, {text: rand.Text()}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.close(); err != nil {
		t.Fatal(err)
	}
	if w.total < 1<<20 || w.most > 1<<16 {
		t.Errorf("a file of %d bytes is written by up to %d at once", w.total, w.most)
	}
}
