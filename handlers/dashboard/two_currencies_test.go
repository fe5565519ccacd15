package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
)

// paidInRiel is a session of ten dollars that was paid in riel.
func paidInRiel(t *testing.T, h *harness) checkout.Purchase {
	t.Helper()
	_, err := h.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "4050", Source: checkout.RateEntered})
	if err != nil {
		t.Fatal(err)
	}
	params := checkouttest.SessionParams()
	params.PayCurrencies = []string{"KHR"}
	session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr", Currency: checkout.KHR})
	if err != nil {
		t.Fatal(err)
	}
	h.AnswerPaid(*p.Latest(), "tx1")
	h.Pass(time.Minute)
	return h.Reload(p)
}

func TestPaymentInAnotherCurrencyShowsBoth(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := paidInRiel(t, h)
	b := h.as(users.RoleOwner)
	text := b.page("/dashboard/test/klaing/payments/" + p.Latest().ID).Text()
	for _, want := range []string{"$10.00", "40,500\u00a0៛", "1 USD = 4,050\u00a0៛"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}

	takings, err := h.Store.Takings(t.Context(), "klaing", checkout.ModeTest, checkout.TakingsQuery{From: 0, To: 1 << 20, By: checkout.TakingsByMethod})
	if err != nil || len(takings) != 1 || takings[0].Currency != checkout.KHR || takings[0].Taken.Minor != 40500 {
		t.Errorf("takings: %+v, %v", takings, err)
	}
}

func TestRateThatCannotBeUsedNeedsAttention(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	shown := func() bool {
		return strings.Contains(h.as(users.RoleOwner).page("/dashboard/test/klaing?lang=en").Find(".attention").Text(), "rate of exchange")
	}
	if shown() {
		t.Error("a merchant without rates is asked for one")
	}
	if paidInRiel(t, h); shown() {
		t.Error("a new rate is complained about")
	}
	if h.Move(25 * time.Hour); !shown() {
		t.Error("an old rate is not told of")
	}
}
