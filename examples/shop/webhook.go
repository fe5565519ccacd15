package shop

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const maxEvent = 1 << 20

// event is what the shop reads of a webhook: which session it is about. What
// became of the session is asked of the API, never taken from the message.
type event struct {
	Type string `json:"type"`
	Data struct {
		Object struct {
			ID      string `json:"id"`
			Object  string `json:"object"`
			Session string `json:"session"` // in payments
		} `json:"object"`
	} `json:"data"`
}

func (e event) session() string {
	if e.Data.Object.Object == "checkout.session" {
		return e.Data.Object.ID
	}
	return e.Data.Object.Session
}

// webhook answers 204 to what is dealt with, 400 to what is not signed by
// Rieltime, and 503 when the event should be sent again.
func (s *shop) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		http.Error(w, "The event could not be read.", http.StatusBadRequest)
		return
	}

	verifier, err := standardwebhooks.NewWebhook(s.webhookSecret)
	if err != nil {
		s.log.Error("webhook secret", "error", err)
		http.Error(w, "The shop is not set up for webhooks.", http.StatusInternalServerError)
		return
	}

	if s.webhookSecret == "" || verifier.Verify(body, r.Header) != nil {
		http.Error(w, "The signature is not valid.", http.StatusBadRequest)
		return
	}

	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, "The event is not JSON.", http.StatusBadRequest)
		return
	}

	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	if err := s.receive(r.Context(), id, e); err != nil {
		s.log.Warn("webhook", "event", id, "type", e.Type, "error", err)
		http.Error(w, "Please send the event again later.", http.StatusServiceUnavailable)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

// receive handles an event once: it reads the session back and moves the order
// that the session names.
func (s *shop) receive(ctx context.Context, id string, e event) error {
	all, err := s.orders.read()
	if err != nil || slices.Contains(all.Events, id) || e.session() == "" {
		return err
	}

	at, err := s.checkout.read(ctx, e.session())
	var p *problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound {
		return nil // not a session of this shop
	}
	if err != nil {
		return err
	}

	o := all.order(at.Reference)
	if o == nil || (o.SessionID != "" && o.SessionID != at.ID) {
		return nil
	}

	status := o.statusOf(at)
	s.log.Info("webhook", "event", id, "type", e.Type, "order", o.ID, "status", status)
	return s.orders.setStatus(o.ID, status, id)
}
