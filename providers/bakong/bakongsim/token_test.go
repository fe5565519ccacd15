package bakongsim

import (
	"strings"
	"testing"
	"time"
)

func TestDemoTokenIsIssuedToTheDemoEmail(t *testing.T) {
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ends := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if want := newToken(DemoEmail, issued, ends); DemoToken != want {
		t.Errorf("DemoToken is not %s", want)
	}
}

func TestTokenOwner(t *testing.T) {
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	token := newToken("a@b.example", issued, issued.Add(tokenLifetime))
	other := strings.Replace(token, ".", ".e", 1)
	for name, c := range map[string]struct {
		token string
		at    time.Time
		valid bool
	}{
		"fresh":       {token, issued, true},
		"last second": {token, issued.Add(tokenLifetime - time.Second), true},
		"ended":       {token, issued.Add(tokenLifetime), false},
		"altered":     {other, issued, false},
		"empty":       {"", issued, false},
		"no JWT":      {"secret", issued, false},
	} {
		email, valid := tokenOwner(c.token, c.at)
		if valid != c.valid || valid && email != "a@b.example" {
			t.Errorf("%s: owner %q, valid %v; want valid %v", name, email, valid, c.valid)
		}
	}
}
