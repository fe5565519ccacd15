package dashboard

import (
	"bytes"
	"crypto/rand"
	"runtime"
	"testing"

	"github.com/xuri/excelize/v2"

	"rieltime/checkout"
)

// writes counts what is written, and the most that is written at once.
type writes struct{ total, most int }

func (w *writes) Write(part []byte) (int, error) {
	w.total, w.most = w.total+len(part), max(w.most, len(part))
	return len(part), nil
}

// TestWorkbookIsSentWhileItIsWritten: neither memory nor a temporary file has the whole.
func TestWorkbookIsSentWhileItIsWritten(t *testing.T) {
	t.Parallel()
	var w writes
	file, err := newXLSX(&w)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.flush(); err != nil || w.total == 0 {
		t.Errorf("before the first row %d bytes are sent, %v", w.total, err)
	}

	for range 20_000 {
		if err := file.row([]cell{{text: rand.Text()}, {text: rand.Text()}, {text: rand.Text()}}); err != nil {
			t.Fatal(err)
		}
	}
	before := w.total
	if err := file.close(); err != nil {
		t.Fatal(err)
	}
	if rest := w.total - before; before < 1<<20 || rest > 1<<18 || w.most > 1<<16 {
		t.Errorf("%d bytes were sent with the rows, %d at the end, up to %d at once", before, rest, w.most)
	}
}

// BenchmarkWorkbook writes an export's rows. B/op is of them all: peak_heap is what they
// take at the same time.
func BenchmarkWorkbook(b *testing.B) {
	file, err := newXLSX(&writes{})
	if err != nil {
		b.Fatal(err)
	}
	row := make([]cell, len(exportColumns))
	for i := range row {
		row[i].text = rand.Text()
	}
	row[2] = cell{amount: checkout.Money{Minor: 1250, Currency: "USD"}}

	var peak uint64
	var memory runtime.MemStats
	for i := 0; b.Loop(); i++ {
		if err := file.row(row); err != nil {
			b.Fatal(err)
		}
		if i%10_000 == 0 {
			runtime.ReadMemStats(&memory)
			peak = max(peak, memory.HeapInuse)
		}
	}
	b.ReportMetric(float64(peak)/1e6, "peak_heap_MB")
}

func TestWorkbookKeepsEveryTextAndGoesOnInASecondSheet(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	file, err := newXLSX(&out)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{" កាហ្វេ <b>&\"'</b> ", "a\nb\tc", "_x0041_ and _x", "咖啡", "0012", "=1+1", "bell\x07"}
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i].text = text
	}
	if err := file.row([]cell{{text: "Title"}}); err != nil {
		t.Fatal(err)
	}
	if err := file.row(row); err != nil {
		t.Fatal(err)
	}
	file.(*xlsxFile).rows = rowsPerSheet // as if it were full
	if err := file.row([]cell{{amount: checkout.Money{Minor: 99_999_999_999_999, Currency: "KHR"}}, {amount: checkout.Money{Minor: -5, Currency: "USD"}}}); err != nil {
		t.Fatal(err)
	}
	if err := file.close(); err != nil {
		t.Fatal(err)
	}

	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Title"}, append(texts[:6:6], "bell\ufffd")}
	for name, rows := range map[string][][]string{"Sheet1": want, "Sheet2": {{"Title"}, {"99,999,999,999,999", "-0.05"}}} {
		got, err := book.GetRows(name)
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%s: %q, %v", name, got, err)
		}
		for i, row := range rows {
			for j, cell := range row {
				if got[i][j] != cell {
					t.Errorf("%s, row %d: %q, want %q", name, i+1, got[i][j], cell)
				}
			}
		}
	}
}
