package templates

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// composedKeys are those that the code puts together from parts.
func composedKeys() map[string]bool {
	keys := map[string]bool{}
	for _, state := range allStates {
		keys["state."+string(state)+".title"] = true
		if state != StateFailed { // what it says depends on the reason
			keys["state."+string(state)+".text"] = true
		}
	}

	for reason, step := range nextSteps {
		keys["reason."+reason] = true
		keys["step."+step] = true
	}

	for code := range noticeKinds {
		keys["notice."+string(code)] = true
	}

	for _, method := range []string{"khqr", "baray", "kess", "bayopay"} {
		keys["method."+method+".name"] = true
		keys["method."+method+".hint"] = true
	}

	keys["method.app.hint"] = true
	keys["state.no_method.title"], keys["state.no_method.text"] = true, true
	keys["method.failing"] = true
	keys["method.slow"] = true
	keys["currency.up"], keys["currency.nearest"] = true, true
	for _, field := range []string{"name", "email", "phone"} {
		keys["field."+field] = true
		keys["field."+field+".missing"] = true
		keys["field."+field+".invalid"] = true
	}

	for _, state := range []LinkState{LinkOpen, LinkSoldOut, LinkEnded} {
		keys["link."+string(state)+".title"] = true
		keys["link."+string(state)+".text"] = true
	}

	for _, key := range []string{"link.amount.invalid", "link.amount.bounds", "link.amount.two_ways", "link.amount.currency", "link.field.missing", "link.field.invalid"} {
		keys[key] = true
	}

	for i := 1; i <= 12; i++ {
		keys["time.month_"+number(i)] = true
	}

	return keys
}

// usedKeys are composedKeys and every key written out in the sources.
func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	keys := composedKeys()
	literal := regexp.MustCompile(`"((?:page|order|limit|action|copy|return|qr|hash|field|method|receipt|failure|time|link|poster|currency)\.[a-z_]*[a-z](?:\.[a-z_]*[a-z])?)"`)
	for _, pattern := range []string{"*.go", "*.templ"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}

		for _, file := range files {
			if strings.HasSuffix(file, "_templ.go") || strings.HasSuffix(file, "_test.go") {
				continue
			}

			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}

			for _, match := range literal.FindAllSubmatch(source, -1) {
				keys[string(match[1])] = true
			}
		}
	}

	return keys
}

func TestCataloguesHoldExactlyTheKeysInUse(t *testing.T) {
	used := usedKeys(t)
	for _, lang := range Languages {
		for key := range used {
			if strings.TrimSpace(catalogues[lang][key]) == "" {
				t.Errorf("%s: %s is missing", lang, key)
			}
		}

		for key := range catalogues[lang] {
			if !used[key] {
				t.Errorf("%s: %s is not used", lang, key)
			}
		}
	}
}

func TestCataloguesAgreeOnPlaceholders(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	in := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(text, -1))))
	}
	for key, text := range catalogues["en"] {
		for _, lang := range Languages {
			if got := in(catalogues[lang][key]); !slices.Equal(got, in(text)) {
				t.Errorf("%s: %s has %v, English has %v", lang, key, got, in(text))
			}
		}
	}
}

func TestCataloguesHaveNoStrayFiles(t *testing.T) {
	files, err := filepath.Glob("locales/*")
	if err != nil {
		t.Fatal(err)
	}

	var names []string
	for lang := range catalogues {
		names = append(names, "locales/"+lang+".json")
	}

	if slices.Sort(names); !slices.Equal(files, names) {
		t.Errorf("files %v, languages %v", files, names)
	}
}

func TestTranslationsAreInTheirOwnScript(t *testing.T) {
	scripts := map[string]*regexp.Regexp{
		"km": regexp.MustCompile(`\p{Khmer}`),
		"zh": regexp.MustCompile(`\p{Han}`),
	}

	for lang, script := range scripts {
		for key, text := range catalogues[lang] {
			short := strings.HasSuffix(key, ".name") || strings.HasPrefix(key, "time.") ||
				key == "page.title" || key == "order.quantity"
			if !short && !script.MatchString(text) {
				t.Errorf("%s: %s is not translated: %q", lang, key, text)
			}
		}
	}
}

func TestTFillsPlaceholders(t *testing.T) {
	for _, c := range []struct {
		lang, key string
		args      []string
		want      string
	}{
		{"en", "action.return", []string{"merchant", "A {merchant}"}, "Back to A {merchant}"},
		{"en", "action.return", nil, "Back to {merchant}"},
		{"en", "action.return", []string{"merchant"}, "Back to {merchant}"},
		{"xx", "action.continue", nil, "Continue"},
		{"en", "no.such_key", nil, "no.such_key"},
	} {
		if got := T(c.lang, c.key, c.args...); got != c.want {
			t.Errorf("T(%q, %q, %q) = %q, want %q", c.lang, c.key, c.args, got, c.want)
		}
	}
}

func TestMatchLanguage(t *testing.T) {
	for _, c := range []struct {
		wishes []string
		want   string
	}{
		{nil, "km"},
		{[]string{""}, "km"},
		{[]string{"fr-FR,fr;q=0.9,en;q=0.8"}, "en"},
		{[]string{"zh-Hans-CN"}, "zh"},
		{[]string{"zh_TW"}, "zh"},
		{[]string{"", "EN-us"}, "en"},
		{[]string{"de", "zh,en"}, "zh"},
		{[]string{"*"}, "km"},
		{[]string{";;,,"}, "km"},
		{[]string{"en;q=0.1, km;q=0.9"}, "km"},
		{[]string{"zh;q=0.2, fr, en-GB;q=0.30"}, "en"},
		{[]string{"en;q=0, zh"}, "zh"},
		{[]string{"km;q=0"}, "en"},
		{[]string{"en;q=0.5, *"}, "km"},
		{[]string{"en;q=0.5, km;q=0, *;q=0.1"}, "en"},
		{[]string{"km;q=0, fr, *;q=0.5"}, "en"},
		{[]string{"en;q=0, km;q=0, zh;q=0"}, "km"},
		{[]string{"en;q=five, zh;q=0.1"}, "zh"},
	} {
		if got := MatchLanguage(c.wishes...); got != c.want {
			t.Errorf("MatchLanguage(%q) = %s, want %s", c.wishes, got, c.want)
		}
	}
}

func TestEveryLanguageNamesItself(t *testing.T) {
	if !slices.Equal(slices.Sorted(maps.Keys(languageNames)), slices.Sorted(slices.Values(Languages))) {
		t.Errorf("names %v, languages %v", languageNames, Languages)
	}
}

// Phones break Khmer lines by a dictionary, which knows no such words.
func TestBorrowedWordsAreNotBroken(t *testing.T) {
	for key, text := range catalogues["km"] {
		for _, word := range []string{"អេក្រង់", "កាមេរ៉ា"} {
			if strings.Contains(text, word) {
				t.Errorf("%s: %s has no \\u2060 to hold it together", key, word)
			}
		}
	}
}
