package bayopaysim

import (
	"net/http"
	"slices"

	"rieltime/providers/simulator"
)

func (s *Simulator) showLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	simulator.WriteJSON(w, http.StatusOK, s.state.Ledger)
}

// controlAccount adds a merchant or replaces it; the body is an Account.
func (s *Simulator) controlAccount(w http.ResponseWriter, r *http.Request) {
	var account Account
	if !simulator.DecodeStrict(simulator.ReadBody(r), &account) || account.NiagaID == "" || len(account.NiagaKey) < 32 {
		http.Error(w, "an account has a niaga_id and a niaga_key of at least 32 characters", http.StatusBadRequest)
		return
	}
	if err := s.SetAccount(account); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlOrder names a transaction for the control API, by its id or by the
// newest one of an order.
type controlOrder struct {
	TranID    string `json:"tranid"`
	Reference string `json:"reference"`
	Outcome   string `json:"outcome"`    // paid (default), failed, pending, abandoned
	ErrorCode string `json:"error_code"` // of a failed one
	Kind      string `json:"kind"`       // of the callback to send: genuine (default), forged, flipped, tampered
	Status    string `json:"status"`     // in the callback, instead of the transaction's
	Amount    string `json:"amount"`     // likewise
	Currency  string `json:"currency"`   // likewise
}

func (s *Simulator) readControl(w http.ResponseWriter, r *http.Request) (controlOrder, Transaction, bool) {
	order := controlOrder{Outcome: "paid", Kind: kindGenuine}
	if !simulator.DecodeStrict(simulator.ReadBody(r), &order) {
		http.Error(w, "the fields are tranid or reference, outcome, error_code, kind, status, amount and currency", http.StatusBadRequest)
		return order, Transaction{}, false
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	found := s.find(func(t *Transaction) bool {
		return (order.TranID != "" && t.TranID == order.TranID) || (order.Reference != "" && t.OrderID == order.Reference)
	})
	if found == nil {
		http.Error(w, errNoTransaction.Error(), http.StatusNotFound)
		return order, Transaction{}, false
	}

	return order, *found, true
}

// abandoned is the code of a payment that its buyer left, for which no other
// is documented.
const abandoned = "BP00014"

// controlPay acts as the buyer on the card page, or as the bank of a pending
// transaction.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	order, t, ok := s.readControl(w, r)
	if !ok {
		return
	}

	status, code := statusFailed, order.ErrorCode
	switch order.Outcome {
	case "paid":
		status = statusPaid
	case "pending":
		status = statusPending
	case "abandoned":
		code = abandoned
	case "failed":
	default:
		http.Error(w, "the outcome is paid, failed, pending or abandoned", http.StatusBadRequest)
		return
	}

	if err := s.settle(t.TranID, status, code); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

// controlSend sends a callback about a transaction now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	order, t, ok := s.readControl(w, r)
	if !ok {
		return
	}

	if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindTampered}, order.Kind) {
		http.Error(w, "the kind is genuine, forged, flipped or tampered", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	m := s.notice(t, notice{Kind: order.Kind, Status: order.Status, Amount: order.Amount, Currency: order.Currency})
	s.mu.Unlock()
	if m.URL == "" {
		http.Error(w, "the transaction has no callback address", http.StatusConflict)
		return
	}

	s.callbacks.SendNow(m)
	w.WriteHeader(http.StatusNoContent)
}
