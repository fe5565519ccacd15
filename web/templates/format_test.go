package templates

import (
	"testing"
	"time"
)

func TestFormatAmount(t *testing.T) {
	for _, c := range []struct {
		currency string
		minor    int64
		want     string
	}{
		{"USD", 1000, "$10.00"},
		{"USD", 5, "$0.05"},
		{"USD", 123456789, "$1,234,567.89"},
		{"KHR", 41000, "41,000\u00a0៛"},
		{"KHR", 100, "100\u00a0៛"},
		{"KHR", 9007199254740993, "9,007,199,254,740,993\u00a0៛"},
		{"MYR", 1050, "MYR\u00a010.50"},
		{"IDR", 150_000_50, "IDR\u00a0150,000.50"},
		{"JPY", 123456, "JPY\u00a0123,456"},
		{"KWD", 1234567, "KWD\u00a01,234.567"},
		{"nonsense", 7, "nonsense\u00a07"},
		{"USD", -5, "-$0.05"},
		{"USD", -123456, "-$1,234.56"},
		{"KHR", -41000, "-41,000\u00a0៛"},
	} {
		for _, lang := range Languages {
			if got := FormatAmount(lang, c.currency, c.minor); got != c.want {
				t.Errorf("%s: %s %d = %q, want %q", lang, c.currency, c.minor, got, c.want)
			}
		}
	}
}

func TestFormatNumberHasNoCurrency(t *testing.T) {
	if got := FormatNumber("km", "KHR", 41000); got != "41,000" {
		t.Errorf("%q", got)
	}
	if got := FormatNumber("km", "USD", 1050); got != "10.50" {
		t.Errorf("%q", got)
	}
}

func TestFormatTimeIsCambodias(t *testing.T) {
	late := time.Date(2025, time.December, 31, 18, 4, 59, 0, time.UTC)
	for lang, want := range map[string]string{
		"en": "1 January 2026, 01:04",
		"km": "1 មករា 2026 ម៉ោង 01:04",
		"zh": "2026年1月1日 01:04",
	} {
		if got := FormatTime(lang, late); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}

	if got := FormatClock(late); got != "01:04" {
		t.Errorf("clock %q", got)
	}
}

func TestFormatCountdown(t *testing.T) {
	for seconds, want := range map[int]string{-5: "0:00", 0: "0:00", 9: "0:09", 60: "1:00", 581: "9:41"} {
		if got := formatCountdown(seconds); got != want {
			t.Errorf("%d: %q, want %q", seconds, got, want)
		}
	}
}
