package checkout

import (
	"testing"
	"unicode"

	"rieltime/khqr"
)

func TestInvisibleCharactersAreThoseOfKHQR(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune + 1) {
		if invisible(r) != khqr.Invisible(r) {
			t.Errorf("%U: invisible is %v here, %v in khqr", r, invisible(r), khqr.Invisible(r))
		}
	}
}
