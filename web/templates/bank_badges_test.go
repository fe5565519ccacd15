package templates

import "testing"

func TestEveryBankAndWalletHasADrawing(t *testing.T) {
	drawings := map[string]bool{}
	for code := range bankBadges {
		m := Method{ID: "kess:" + code, Name: "x", Available: true, LogoURL: "/logos/x"}
		c := find(t, "en", StateChoosing)
		c.Methods = []Method{m}
		badge := parse(t, CheckoutMain(c)).Find(".badge[data-logo][aria-hidden=true]")
		drawing := badge.Text() + badge.AttrOr("class", "")
		if badge.Text() != bankBadges[code].letters || drawings[drawing] {
			t.Errorf("%s is drawn as %q, like another", code, drawing)
		}

		drawings[drawing] = true
	}

	for _, tc := range []struct {
		id, icon string
		want     bankBadge
	}{
		{"kess", "", bankBadge{}}, {"bakong", "", bankBadge{}}, {"kess:VISA_MASTER", IconCard, bankBadge{}},
		{"kess:KHQR", IconKHQR, bankBadge{}}, {"kess:NEWBANK", "", bankBadge{"Ñ", "grey"}},
	} {
		if got := (Method{ID: tc.id, Name: "1 ñew Bank", Icon: tc.icon}).bankBadge(); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.id, got, tc.want)
		}
	}
}
