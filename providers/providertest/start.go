package providertest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"rieltime/checkout"
)

var startTests = tests{
	"offers its method":              offersItsMethod,
	"offers nothing it cannot take":  offersNothingItCannotTake,
	"knows its settings":             knowsItsSettings,
	"describes its settings":         describesItsSettings,
	"says what the buyer does next":  saysWhatTheBuyerDoesNext,
	"each attempt is one of its own": eachAttemptHasItsOwnAction,
	"a time-out is don't know":       startTimesOut,
	"a canceled call is don't know":  startIsCanceled,
	"a lost answer charges nobody":   lostAnswer,
}

func offersItsMethod(t *testing.T, h *Harness) {
	methods, err := h.Provider.Methods(t.Context(), h.Account, h.Amount)
	if err != nil {
		t.Fatal(err)
	}

	at := slices.IndexFunc(methods, func(m checkout.Method) bool { return m.ID == h.Method })
	if at < 0 {
		t.Fatalf("methods %+v, want %s among them", methods, h.Method)
	}

	if m := methods[at]; m.Provider != h.Provider.Name() || m.Name == "" || m.Unavailable != "" {
		t.Errorf("method %+v, want it named and available", m)
	}
}

func offersNothingItCannotTake(t *testing.T, h *Harness) {
	for _, amount := range h.UnsupportedAmounts {
		methods, err := h.Provider.Methods(t.Context(), h.Account, amount)
		if err != nil || len(methods) != 0 {
			t.Errorf("%s: methods %+v, %v, want none", amount, methods, err)
		}
	}
}

func knowsItsSettings(t *testing.T, h *Harness) {
	if err := h.Provider.CheckSettings(h.Account.Mode, h.Account.Settings); err != nil {
		t.Errorf("the account's own settings: %v", err)
	}

	for _, text := range []string{``, `null]`, `[]`, `{"no_such_setting":1}`} {
		err := h.Provider.CheckSettings(h.Account.Mode, json.RawMessage(text))
		if err == nil {
			t.Errorf("settings %q are accepted", text)
			continue
		}

		wantInvalid(t, err)
		h.checkShown(t, err.Error())
	}
}

func saysWhatTheBuyerDoesNext(t *testing.T, h *Harness) {
	payment := h.create(t)
	action := payment.NextAction
	if action.Kind != h.Action {
		t.Fatalf("next action %+v, want %s", action, h.Action)
	}

	if (action.Kind == checkout.ActionQRCode) != (action.QRCode != "") {
		t.Errorf("next action %+v, want a QR code's text where there is one", action)
	}

	if action.Kind != checkout.ActionQRCode && action.URL == "" {
		t.Errorf("next action %+v, want an address", action)
	}

	if len(payment.Payees) == 0 || payment.Payees[0] == "" {
		t.Errorf("payees %q, want who may get the money", payment.Payees)
	}

	kept, err := json.Marshal(payment)
	if err != nil {
		t.Fatal(err)
	}

	h.checkShown(t, string(kept))
}

func eachAttemptHasItsOwnAction(t *testing.T, h *Harness) {
	first, second := h.create(t), h.create(t)
	if same := sameAction(first.NextAction, second.NextAction); same {
		t.Errorf("two attempts lead to the same action %+v", first.NextAction)
	}
	if first.ProviderID != "" && first.ProviderID == second.ProviderID {
		t.Errorf("two attempts share the id %s", first.ProviderID)
	}
}

func sameAction(a, b checkout.NextAction) bool {
	return a.URL == b.URL && a.QRCode == b.QRCode && slices.Equal(a.Fields, b.Fields)
}

func startTimesOut(t *testing.T, h *Harness) {
	if h.LoseNextAnswer == nil {
		return
	}

	h.Hang()
	created, err := h.Provider.CreatePayment(t.Context(), h.Account, h.start())
	h.wantDontKnow(t, err)
	if created.NextAction.Kind != checkout.ActionNone {
		t.Errorf("next action %+v beside the error", created.NextAction)
	}

	h.Resume()
	h.create(t)
}

func startIsCanceled(t *testing.T, h *Harness) {
	if h.LoseNextAnswer == nil {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Provider.CreatePayment(ctx, h.Account, h.start())
	h.wantDontKnow(t, err)
}

// lostAnswer: the provider has the order, we do not know it. Nothing is asked
// for twice, the buyer has nothing to pay by, and no question says paid.
func lostAnswer(t *testing.T, h *Harness) {
	if h.LoseNextAnswer == nil {
		return
	}

	start := h.start()
	h.LoseNextAnswer()
	created, err := h.Provider.CreatePayment(t.Context(), h.Account, start)
	if err == nil { // the provider asked for the answer again
		start.Payment = record(start.Payment, created)
	} else {
		h.wantDontKnow(t, err)
	}

	if n := h.CountOrders(start.Payment); n != 1 {
		t.Errorf("%d orders at the provider, want 1", n)
	}

	if querier, can := h.Provider.(checkout.Querier); can {
		answer := querier.QueryPayment(t.Context(), h.Account, start.Payment)
		if answer.Verdict == checkout.VerdictPaid {
			t.Errorf("answer %+v about an order that nobody paid", answer)
		}
	}
}
