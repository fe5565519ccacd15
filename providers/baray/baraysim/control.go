package baraysim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"

	"rieltime/providers/baray/internal/cipher"
	"rieltime/providers/faults"
	"rieltime/providers/simulator"
)

// Kinds of webhook that POST /control/callbacks/send can send.
const (
	kindGenuine = "genuine" // the order id, encrypted
	kindForged  = "forged"  // the order id, encrypted with another key
	kindFlipped = "flipped" // a genuine one with one bit changed
	kindReplay  = "replay"  // the captured body of POST /pay as the order id
)

// webhook makes the message about an intent (section 6). The lock is held.
func (s *Simulator) webhook(intent Intent, kind string) faults.Callback {
	account := s.state.Accounts[intent.APIKey]
	bank := intent.Bank
	if bank == "" {
		bank = "aba"
	}

	body, _ := json.Marshal(map[string]string{ // two strings always encode
		"encrypted_order_id": encryptedOrderID(account, intent, kind), "bank": bank,
	})
	return faults.Callback{
		URL: account.WebhookCallbackURL, Kind: kind, Reference: intent.OrderID,
		ContentType: "application/json", Body: body, Retry: kind == kindGenuine,
	}
}

func encryptedOrderID(account Account, intent Intent, kind string) string {
	sk := account.SK
	if kind == kindForged {
		sk = base64.StdEncoding.EncodeToString(make([]byte, 32))
	}

	key, err := cipher.New(sk, account.IV)
	if err != nil {
		return ""
	}

	text := key.Encrypt([]byte(intent.OrderID))
	switch kind {
	case kindReplay:
		return intent.Data
	case kindFlipped:
		return flipBit(text)
	}

	return text
}

// flipBit changes one bit of the first block, which garbles it whole.
func flipBit(text string) string {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text
	}
	data[0] ^= 1
	return base64.StdEncoding.EncodeToString(data)
}

func (s *Simulator) showLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	simulator.WriteJSON(w, http.StatusOK, s.state.Ledger)
}

// controlAccount adds an API key or replaces it; the body is an Account.
func (s *Simulator) controlAccount(w http.ResponseWriter, r *http.Request) {
	var account Account
	if !simulator.DecodeStrict(simulator.ReadBody(r), &account) || account.APIKey == "" {
		http.Error(w, "an account has the fields of the API key, and an api_key", http.StatusBadRequest)
		return
	}
	if err := s.SetAccount(account); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlOrder names an intent for the control API, by its id or by the newest one of
// an order.
type controlOrder struct {
	IntentID  string `json:"intent_id"`
	Reference string `json:"reference"`
	Outcome   string `json:"outcome"` // paid (default), failed, canceled
	Bank      string `json:"bank"`    // aba (default), acleda, spn, wing
	Kind      string `json:"kind"`    // of the webhook to send
}

func (s *Simulator) readControl(w http.ResponseWriter, r *http.Request) (controlOrder, Intent, bool) {
	order := controlOrder{Outcome: "paid", Bank: "aba", Kind: kindGenuine}
	if !simulator.DecodeStrict(simulator.ReadBody(r), &order) {
		http.Error(w, "the fields are intent_id or reference, outcome, bank and kind", http.StatusBadRequest)
		return order, Intent{}, false
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	found := s.find(func(i *Intent) bool {
		return (order.IntentID != "" && i.ID == order.IntentID) || (order.Reference != "" && i.OrderID == order.Reference)
	})
	if found == nil {
		http.Error(w, "there is no such intent", http.StatusNotFound)
		return order, Intent{}, false
	}

	return order, *found, true
}

// controlPay acts as the buyer on the pay page.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	order, intent, ok := s.readControl(w, r)
	if !ok {
		return
	}

	status, known := map[string]string{
		"paid": statusSuccess, "failed": statusFailed, "canceled": statusCanceled,
	}[order.Outcome]
	if !known || bankName(order.Bank) == "" {
		http.Error(w, "the outcome is paid, failed or canceled; the bank aba, acleda, spn or wing", http.StatusBadRequest)
		return
	}

	if err := s.settle(intent.ID, status, order.Bank); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

// controlSend sends a webhook about an intent now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	order, intent, ok := s.readControl(w, r)
	if !ok {
		return
	}

	if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindReplay}, order.Kind) {
		http.Error(w, "the kind is genuine, forged, flipped or replay", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	message := s.webhook(intent, order.Kind)
	s.mu.Unlock()
	if message.URL == "" {
		http.Error(w, "the account has no webhook_callback_url", http.StatusConflict)
		return
	}

	s.callbacks.SendNow(message)
	w.WriteHeader(http.StatusNoContent)
}
