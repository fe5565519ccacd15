package failure

import (
	"testing"

	"rieltime/checkout"
)

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for kind := checkout.KindInternal; kind <= checkout.KindUnavailable; kind++ {
		if _, ok := statuses[kind]; !ok {
			t.Errorf("kind %d has no status", kind)
		}
		seen[StatusOf(kind)] = true
	}

	if len(seen) != len(statuses) {
		t.Errorf("statuses %v", seen)
	}
}
