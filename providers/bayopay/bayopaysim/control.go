package bayopaysim

import (
	"net/http"
	"slices"

	"rieltime/providers/simkit"
)

// command is the body of the control API's calls about one transaction, named
// by its id or as the newest one of an order.
type command struct {
	TranID    string `json:"tranid"`
	Reference string `json:"reference"`
	Outcome   string `json:"outcome"`    // paid (default), failed, pending, abandoned
	ErrorCode string `json:"error_code"` // of a failed one
	Kind      string `json:"kind"`       // of the callback to send: genuine (default), forged, flipped, tampered
	Status    string `json:"status"`     // in the callback, instead of the transaction's
	Amount    string `json:"amount"`     // likewise
	Currency  string `json:"currency"`   // likewise
}

// controlPay acts as the buyer on the card page, or as the bank of a pending
// transaction.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, t *Transaction) error {
		switch c.Outcome {
		case "paid":
			return s.settle(t, statusPaid, c.ErrorCode)
		case "pending":
			return s.settle(t, statusPending, c.ErrorCode)
		case "abandoned":
			return s.settle(t, statusFailed, codeTimeout)
		case "failed":
			return s.settle(t, statusFailed, c.ErrorCode)
		}
		return &simkit.CommandError{Status: http.StatusBadRequest, Text: "outcome must be paid, failed, pending or abandoned"}
	})
}

// decideOutcome pays a transaction or declines it. The lock is held.
func (s *Simulator) decideOutcome(d simkit.Decision) error {
	t := s.newest(func(t *Transaction) bool { return t.OrderID == d.Reference })
	if t == nil {
		return simkit.ErrNotSeen
	}
	if d.Outcome == simkit.OutcomeNameFailed {
		return s.settle(t, statusFailed, codeInvalidCard)
	}

	paid, err := d.Paid(t.Amount, t.Currency)
	if err != nil {
		return err
	}
	if t.Status == statusOpen || t.Status == statusPending {
		t.PaidAmount = paid.Fixed2()
	}
	return s.settle(t, statusPaid, "")
}

// controlSend sends a callback about a transaction now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, t *Transaction) error {
		if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindTampered}, c.Kind) {
			return &simkit.CommandError{Status: http.StatusBadRequest, Text: "kind must be genuine, forged, flipped or tampered"}
		}

		callback := s.callback(*t, result{Kind: c.Kind, Status: c.Status, Amount: c.Amount, Currency: c.Currency})
		if callback.URL == "" {
			return &simkit.CommandError{Status: http.StatusConflict, Text: "the transaction has no callback URL"}
		}

		s.Callbacks.SendNow(callback)
		return nil
	})
}

// command decodes a command and calls do with its transaction and the lock
// held.
func (s *Simulator) command(w http.ResponseWriter, r *http.Request, do func(command, *Transaction) error) {
	c := command{Outcome: "paid", Kind: kindGenuine}
	s.Command(w, r, &c, func() error {
		t := s.newest(func(t *Transaction) bool {
			return (c.TranID != "" && t.TranID == c.TranID) || (c.Reference != "" && t.OrderID == c.Reference)
		})
		if t == nil {
			return &simkit.CommandError{Status: http.StatusNotFound, Text: "there is no such transaction"}
		}
		return do(c, t)
	})
}
