package baraysim

import (
	"errors"
	"net/http"
	"slices"

	"rieltime/providers/simkit"
)

// command is the body of the control API's calls about one intent, named by its
// id or as the newest one of an order.
type command struct {
	IntentID  string `json:"intent_id"`
	Reference string `json:"reference"`
	Outcome   string `json:"outcome"` // paid (default), failed, canceled
	Bank      string `json:"bank"`    // aba (default), acleda, spn, wing
	Kind      string `json:"kind"`    // of the webhook to send
}

// controlPay acts as the buyer on the pay page.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, intent *Intent) error {
		status, ok := map[string]string{
			"paid": statusSuccess, "failed": statusFailed, "canceled": statusCanceled,
		}[c.Outcome]
		if !ok || bankName(c.Bank) == "" {
			return &simkit.CommandError{
				Status: http.StatusBadRequest,
				Text:   "outcome must be paid, failed or canceled, and bank aba, acleda, spn or wing",
			}
		}
		return s.settle(intent, status, c.Bank)
	})
}

// decideOutcome pays an intent or declines it. Baray's answers name no amount, so an
// intent cannot be paid with another. The lock is held.
func (s *Simulator) decideOutcome(d simkit.Decision) error {
	intent := s.newest(func(i *Intent) bool { return i.OrderID == d.Reference })
	switch {
	case intent == nil:
		return simkit.ErrNotSeen
	case d.Amount != "":
		return errors.New("an intent of Baray takes no other amount than its own")
	case d.Outcome == simkit.OutcomeNameFailed:
		return s.settle(intent, statusFailed, "aba")
	}
	return s.settle(intent, statusSuccess, "aba")
}

// controlSend sends a webhook about an intent now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, intent *Intent) error {
		if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindReplay}, c.Kind) {
			return &simkit.CommandError{Status: http.StatusBadRequest, Text: "kind must be genuine, forged, flipped or replay"}
		}

		webhook := s.webhook(*intent, c.Kind)
		if webhook.URL == "" {
			return &simkit.CommandError{Status: http.StatusConflict, Text: "the account has no webhook_callback_url"}
		}

		s.Callbacks.SendNow(webhook)
		return nil
	})
}

// command decodes a command and calls do with its intent and the lock held.
func (s *Simulator) command(w http.ResponseWriter, r *http.Request, do func(command, *Intent) error) {
	c := command{Outcome: "paid", Bank: "aba", Kind: kindGenuine}
	s.Command(w, r, &c, func() error {
		intent := s.newest(func(i *Intent) bool {
			return (c.IntentID != "" && i.ID == c.IntentID) || (c.Reference != "" && i.OrderID == c.Reference)
		})
		if intent == nil {
			return &simkit.CommandError{Status: http.StatusNotFound, Text: "there is no such intent"}
		}
		return do(c, intent)
	})
}
