package baray

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/wire"
)

func TestQueryPaymentProvesTheIntentsContent(t *testing.T) {
	h := newHarness(t)
	payment := h.create(startOf(41000, checkout.KHR))
	if answer := h.provider.QueryPayment(t.Context(), h.account, payment); answer.Verdict != checkout.VerdictPending {
		t.Fatalf("before it is paid: %+v, want pending", answer)
	}
	h.pay(payment.Reference, "paid")
	answer := h.provider.QueryPayment(t.Context(), h.account, payment)
	if answer.Verdict != checkout.VerdictPaid || answer.Proof == nil {
		t.Fatalf("after it is paid: %+v, want paid with a proof", answer)
	}
	proof := *answer.Proof
	if proof.Amount != payment.Amount || proof.Reference != payment.Reference || proof.TransactionID != payment.ProviderID {
		t.Errorf("proof of %s for %s by %s", proof.Amount, proof.Reference, proof.TransactionID)
	}
	if len(payment.Payees) != 1 || proof.Payee != payment.Payees[0] || proof.Payee != baraysim.DemoOrgID {
		t.Errorf("paid to %q, want one of %q", proof.Payee, payment.Payees)
	}
	if proof.Provider != Name || proof.Source != "query" || len(proof.Raw) == 0 || proof.SeenAt.IsZero() {
		t.Errorf("proof %+v, want where it comes from", proof)
	}
}

func TestFailedAndCanceledIntentsCanStillBePaid(t *testing.T) {
	for _, outcome := range []string{"failed", "canceled"} {
		h := newHarness(t)
		payment := h.create(startOf(1000, checkout.USD))
		h.pay(payment.Reference, outcome)
		if answer := h.provider.QueryPayment(t.Context(), h.account, payment); answer.Verdict != checkout.VerdictPending {
			t.Errorf("%s: %+v, want pending", outcome, answer)
		}
		h.pay(payment.Reference, "paid")
		if answer := h.provider.QueryPayment(t.Context(), h.account, payment); answer.Verdict != checkout.VerdictPaid {
			t.Errorf("paid after %s: %+v, want paid", outcome, answer)
		}
	}
}

func TestQueryPaymentReadsTheStatus(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   checkout.Verdict
	}{
		{200, `{"status":"success"}`, checkout.VerdictPaid},
		{200, `{"status":"SUCCESS"}`, checkout.VerdictPaid},
		{200, `{"status":"Success","extra":1}`, checkout.VerdictPaid},
		{200, `{"status":"failed"}`, checkout.VerdictPending},
		{200, `{"status":"pending"}`, checkout.VerdictPending},
		{200, `{"status":"successful"}`, checkout.VerdictPending},
		{200, `{"status":""}`, checkout.VerdictUnknown},
		{200, `{"status":true}`, checkout.VerdictUnknown},
		{200, `{}`, checkout.VerdictUnknown},
		{200, `success`, checkout.VerdictUnknown},
		{201, `{"status":"success"}`, checkout.VerdictUnknown},
		{400, `{"error":"Invalid payload json format"}`, checkout.VerdictUnknown},
		{403, `{"status":"success"}`, checkout.VerdictUnknown},
		{404, `{"error":"Intent not found"}`, checkout.VerdictUnknown},
		{500, `{"status":"success"}`, checkout.VerdictUnknown},
	} {
		answer := queryAt(t, tc.status, tc.body, paymentWithIntent())
		if answer.Verdict != tc.want {
			t.Errorf("%d %s: %+v, want verdict %q", tc.status, tc.body, answer, tc.want)
		}
		if (answer.Proof != nil) != (tc.want == checkout.VerdictPaid) {
			t.Errorf("%d %s: proof %v", tc.status, tc.body, answer.Proof)
		}
	}
}

func TestTooManyQuestionsPauseTheAccount(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	provider := New(providers.Options{Wire: wire.New(shortTimeout), Now: func() time.Time { return now }})
	answer := provider.QueryPayment(t.Context(), accountAt(server.URL, nil), paymentWithIntent())
	if want := now.Add(30 * time.Second); answer.Verdict != checkout.VerdictUnknown || !answer.PauseUntil.Equal(want) {
		t.Errorf("answer %+v, want don't know and a pause until %s", answer, want)
	}
}

func TestAttemptWithoutIntentIsQueriedByItsOrder(t *testing.T) {
	h := newHarness(t)
	start := startOf(1000, checkout.USD)
	if answer := h.provider.QueryPayment(t.Context(), h.account, start.Payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("an order Baray never saw: %+v, want pending", answer)
	}
	h.control("POST", "faults", `{"kind":"timeout","path":"/pay","after":true,"count":1}`)
	if _, err := h.provider.CreatePayment(t.Context(), h.account, start); err == nil {
		t.Fatal("the lost answer was received")
	}
	if answer := h.provider.QueryPayment(t.Context(), h.account, start.Payment); answer.Verdict != checkout.VerdictPending {
		t.Errorf("an order that is not paid: %+v, want pending", answer)
	}
	h.pay(start.Payment.Reference, "paid")
	answer := h.provider.QueryPayment(t.Context(), h.account, start.Payment)
	if answer.Verdict != checkout.VerdictPaid || answer.Proof.Amount != start.Payment.Amount || answer.Proof.Payee != baraysim.DemoOrgID {
		t.Errorf("an order that is paid: %+v, want paid to the organization", answer)
	}
	if len(h.ledger().Intents) != 1 {
		t.Errorf("%d intents, want one: a lost answer is never asked for again", len(h.ledger().Intents))
	}
	h.account = accountAt(h.server.URL, map[string]any{"org_id": ""})
	answer = h.provider.QueryPayment(t.Context(), h.account, start.Payment)
	if answer.Verdict != checkout.VerdictUnknown || answer.Cause == nil {
		t.Errorf("without an organization: %+v, want don't know", answer)
	}
}

func TestServerErrorsToAnOrderAreDontKnow(t *testing.T) {
	for status, body := range map[int]string{404: `<html>not here</html>`, 500: `{"error":"Internal Server Error"}`} {
		answer := queryAt(t, status, body, checkout.Payment{Reference: "R0123456789ABCDEFGHZ"})
		if answer.Verdict != checkout.VerdictUnknown {
			t.Errorf("%d %s: %+v, want don't know", status, body, answer)
		}
	}
}

func paymentWithIntent() checkout.Payment {
	return checkout.Payment{
		Reference: "R0123456789ABCDEFGHZ", Amount: checkout.Money{Minor: 1000, Currency: checkout.USD},
		State: []byte(`{"intent_id":"itn-1","amount":"10.00","currency":"USD"}`),
	}
}

func queryAt(t *testing.T, status int, body string, payment checkout.Payment) checkout.Answer {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	provider := New(providers.Options{Wire: wire.New(shortTimeout)})
	return provider.QueryPayment(t.Context(), accountAt(server.URL, nil), payment)
}

func TestOneBareRefusalPausesNoAccount(t *testing.T) {
	for status, odd := range map[int]bool{429: false, 503: false, 500: false, 422: true, 400: true} {
		answer := queryAt(t, status, `{"error":"no"}`, paymentWithIntent())
		if answer.Verdict != checkout.VerdictUnknown || !answer.PauseUntil.IsZero() || answer.Odd != odd {
			t.Errorf("%d: %+v", status, answer)
		}
	}
}
