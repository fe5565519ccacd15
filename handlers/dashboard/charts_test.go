package dashboard_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout/users"
)

func TestChartsHaveTheirFiguresInTables(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	h.Move(2 * 24 * time.Hour)
	h.pay()
	h.refund(h.pay(), "2.50")
	h.Open()

	doc := h.as(users.RoleAccountant).page(start + "/charts?lang=en&days=7")
	wantTexts(t, doc, ".chart h2", "By day", "By hour of the day", "By method", "Attempts that were paid")
	if got := texts(doc, ".chart:nth-child(1) tbody tr:nth-child(1) > *"); !slices.Equal(got, []string{"Thursday, 16 April 2026", "$20.00", "2", "$2.50"}) {
		t.Errorf("the newest day: %q", got)
	}
	wantTexts(t, doc, ".chart:nth-child(1) tbody td:nth-child(2)", "$20.00", "$0.00", "$10.00", "$0.00", "$0.00", "$0.00", "$0.00")
	wantTexts(t, doc, ".chart:nth-child(3) tbody > tr > *", "Bank · KHQR", "$30.00", "3", "$2.50")
	wantTexts(t, doc, ".chart:nth-child(4) tbody > tr > *", "Bank", "3", "100 %", "0 s", "0 s")

	for i, want := range []int{7, 24, 1, 1} {
		if got := doc.Find(".chart").Eq(i).Find("svg .bar").Length(); got != want {
			t.Errorf("picture %d has %d bars, want %d", i, got, want)
		}
	}
	if described := doc.Find(`svg[role="img"][aria-labelledby] > title + desc`).Length(); described != 4 || doc.Find("[style], style").Length() > 0 {
		t.Errorf("%d of 4 pictures are described; styles inside: %d", described, doc.Find("[style], style").Length())
	}
}

func TestChartsAreOfOnePeriodAndCurrency(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.pay()
	h.Move(20 * 24 * time.Hour)
	b := h.as(users.RoleOwner)
	for query, want := range map[string]string{
		"days=7": "Nothing was taken", "days=30": "By day", "days=30&currency=KHR": "Nothing was taken", "days=-1&currency=XXX": "By day", "days=999999999": "By day",
	} {
		doc := b.page(start + "/charts?lang=en&" + query)
		if got := doc.Find("main").Text(); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %s", query, want, got)
		}
		if current := doc.Find(".choices [aria-current]").Length(); current != 2 {
			t.Errorf("%s: %d choices are current", query, current)
		}
	}
}
