package templates

import "testing"

func TestEveryBankAndWalletHasADrawing(t *testing.T) {
	drawings := map[string]bool{}
	for code := range bankBadges {
		m := Method{ID: "kess:" + code, Name: "x", Available: true, LogoURL: "/logos/x"}
		c := find(t, "en", Choosing)
		c.Methods = []Method{m}
		badge := parse(t, CheckoutMain(c)).Find(".badge[data-logo][aria-hidden=true]")
		drawing := badge.Text() + badge.AttrOr("class", "")
		if badge.Text() != bankBadges[code].letters || drawings[drawing] {
			t.Errorf("%s is drawn as %q, like another", code, drawing)
		}
		drawings[drawing] = true
	}
	for id, want := range map[string]bankBadge{
		"kess": {}, "bakong": {}, "kess:VISA_MASTER": {}, "kess:KHQR": {}, "kess:NEWBANK": {"Ñ", "grey"},
	} {
		if got := (Method{ID: id, Name: "1 ñew Bank"}).bankBadge(); got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
}
