package pages

import (
	"strings"
	"testing"
)

func TestHashIsCleaned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 8465D722 ": "8465D722", "": "", "xyz": "xyz", "12 34\n": "1234", strings.Repeat("a", maxHash+1): strings.Repeat("a", maxHash),
		strings.Repeat("a", maxHash-1) + "អ": strings.Repeat("a", maxHash-1),
	} {
		if got := cleanHash(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
