package pages

import "testing"

func TestPayeeIsReadFromTheCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "shop",
		"https://pay.example":                 "shop",
		"0002015913Coffee Klaing6304ABCD":     "Coffee Klaing",
		"0002015904ហាង 6304ABCD":              "ហាង",
		"0002015999Coffee":                    "shop",
		"00020159-1Coffee":                    "shop",
		"000201" + "5900" + "6010Phnom Penh":  "shop",
		"000201" + "6010Phnom Penh" + "5901K": "K",
	} {
		if got := payeeOf(text, "shop"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
