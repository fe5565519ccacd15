package cmd

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

func TestDailyWorkSendsTheMerchantADigestOfEvents(t *testing.T) {
	h := newReconcileHarness(t)
	app, err := h.data.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.store.Close() }()
	if _, err := app.service.ExpireSession(t.Context(), h.payment.SessionID); err != nil {
		t.Fatal(err)
	}

	for range 2 { // it may be repeated
		if err := app.daily(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}

	events, _, err := app.store.ListEvents(t.Context(), "klaing", checkout.ModeTest, checkout.EventQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, event := range events[:len(events)-1] {
		ids = append(ids, event.ID)
	}
	var last client.Event
	if err := json.Unmarshal(events[len(events)-1].Body, &last); err != nil {
		t.Fatal(err)
	}
	if digest, err := last.Digest(); err != nil || last.Type != "events.digest" || len(ids) == 0 || !digest.Matches(ids) {
		t.Errorf("after the events %v came %s, %+v, %v", ids, last.Type, digest, err)
	}
}
