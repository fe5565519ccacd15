package pages

import (
	"fmt"
	"strings"
	"testing"
)

func TestDrawingsAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	d := newQRCache()
	for i := range maxCachedCodes + 10 {
		if _, err := d.svg(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}

	if len(d.svgs) != maxCachedCodes {
		t.Errorf("%d drawings", len(d.svgs))
	}

	if _, err := d.svg(strings.Repeat("a", 5000)); err == nil {
		t.Error("a text too long for a code is drawn")
	}
}
