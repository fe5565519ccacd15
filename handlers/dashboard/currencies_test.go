package dashboard_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
)

// payIn pays a session of an amount.
func (h *harness) payIn(amount, currency string) checkout.Payment {
	h.T.Helper()
	params := checkouttest.SessionParams()
	params.Amount, params.Currency = amount, currency
	session, err := h.CreateSession(h.T.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		h.T.Fatal(err)
	}
	purchase := h.Start(session.ID)
	return h.settle(*purchase.Latest())
}

func TestRinggitAndRupiahAreShownApart(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	if doc := b.page(start + "/charts?lang=en"); strings.Contains(doc.Text(), "Ringgit") {
		t.Error("a shop that takes no ringgit is asked about them")
	}

	h.refund(h.payIn("12.50", "MYR"), "2.25")
	h.payIn("150000.50", "IDR")
	for path, want := range map[string][]string{
		"?lang=en":                     {"Ringgit", "MYR\u00a012.50", "MYR\u00a010.25", "Rupiah", "IDR\u00a0150,000.50"},
		"/charts?lang=en&currency=MYR": {"MYR\u00a012.50", "MYR\u00a02.25", "Rupiah"},
		"/close?lang=en":               {"MYR\u00a010.25", "IDR\u00a0150,000.50"},
		"/payments?lang=en":            {"MYR\u00a012.50", "IDR\u00a0150,000.50"},
		"/payments?q=currency:IDR":     {"IDR\u00a0150,000.50"},
		"/payments?currency=MYR":       {"MYR\u00a012.50"},
		"/links/new?lang=en":           {"MYR", "IDR"},
	} {
		page := b.page(start + path).Find("main").Text()
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: no %q in %q", path, text, page)
			}
		}
	}
	if found := references(b.page(paymentsPath + "?currency=MYR")); strings.Contains(found, " ") || found == "" {
		t.Errorf("those in ringgit: %q", found)
	}
	if counted := b.page(start + "/counter?lang=en").Text(); strings.Contains(counted, "MYR") {
		t.Error("the counter sells nothing by card, and speaks of ringgit")
	}
}

func TestExportsWriteRinggitAndRupiahWithTheirDecimals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.payIn("12.50", "MYR")
	h.payIn("150000.50", "IDR")
	b := h.as(users.RoleOwner)
	csv := b.get(paymentsPath + "/export.csv?lang=en").Body.String()
	for _, want := range []string{",12.50,MYR,", ",150000.50,IDR,"} {
		if !strings.Contains(csv, want) {
			t.Errorf("no %q in %s", want, csv)
		}
	}

	book, err := excelize.OpenReader(bytes.NewReader(b.get(paymentsPath + "/export.xlsx").Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	shown := slices.Concat(rows...)
	for _, want := range []string{"12.50", "150,000.50"} {
		if !slices.Contains(shown, want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
}
