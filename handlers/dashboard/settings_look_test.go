package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rieltime/checkout/users"
)

func TestColourIsShownAsItIsTyped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	field := b.page("/dashboard/test/klaing/settings/shop").Find("#accent")
	address, _ := field.Attr("hx-get")
	if target, _ := field.Attr("hx-target"); target != "#accent-look" {
		t.Errorf("the field changes %q", target)
	}

	for accent, want := range map[string]string{
		"#0a4aa6": "#0a4aa6", // as it is
		"#ffff00": "#",       // made darker on the light page
		"red":     "", "": "", "#fff": "", `"><script>`: "",
	} {
		doc := b.page(address + "?accent=" + url.QueryEscape(accent))
		rects := doc.Find("svg rect:nth-child(2)")
		fill, _ := rects.First().Attr("fill")
		if (want == "") != (rects.Length() == 0) || !strings.HasPrefix(fill, want) || fill == "#ffff00" {
			t.Errorf("%q: %d pictures, the first in %q", accent, rects.Length(), fill)
		}
		if doc.Find("script, [style]").Length() != 0 || doc.Find("#accent-look").Length() != 1 {
			t.Errorf("%q: not a look alone", accent)
		}
	}

	if w := h.as(users.RoleManager).get(address); w.Code != http.StatusForbidden {
		t.Errorf("a manager: %d", w.Code)
	}
}
