package kess

import "testing"

func TestPayeeIsReadFromTheCode(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"https://pay.example":             "",
		"0002015913Coffee Klaing6304ABCD": "Coffee Klaing",
		"0002015904ហាង 6304ABCD":          "ហាង",
		"0002015999Coffee":                "",
		"00020159-1Coffee":                "",
		"0002016010Phnom Penh6304ABCD":    "",
	} {
		if got := payeeOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
