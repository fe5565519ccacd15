package baraysim

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rieltime/providers/faults"
	"rieltime/providers/simulator"
)

// Statuses of an intent. Baray documents "success" only.
const (
	statusPending  = "pending"
	statusSuccess  = "success"
	statusFailed   = "failed"
	statusCanceled = "canceled"
)

// Intent is one payment request with what became of it.
type Intent struct {
	ID               string          `json:"_id"`
	OrgID            string          `json:"org_id"`
	OrderID          string          `json:"order_id"`
	Amount           string          `json:"amount"`
	Currency         string          `json:"currency"`
	Target           string          `json:"target"`
	Tracking         json.RawMessage `json:"tracking,omitempty"`
	OrderDetails     json.RawMessage `json:"order_details,omitempty"`
	CustomSuccessURL string          `json:"custom_success_url,omitempty"`
	CreatedAt        time.Time       `json:"created_at"`
	Status           string          `json:"status"`
	Bank             string          `json:"bank,omitempty"`
	PaidAt           time.Time       `json:"paid_at,omitzero"`
	TransactionID    string          `json:"transaction_id,omitempty"`
	APIKey           string          `json:"api_key"`
	Data             string          `json:"data"` // the encrypted body that asked for it
}

// Ledger is what the simulator was asked and what was paid.
type Ledger struct {
	Asked     map[string]int    `json:"asked"` // calls by endpoint
	Intents   []Intent          `json:"intents"`
	Callbacks []faults.Delivery `json:"callbacks"`
}

type state struct {
	Accounts map[string]Account `json:"accounts"` // by API key
	Ledger   Ledger             `json:"ledger"`
}

var (
	errNoIntent = errors.New("Intent not found")
	errIsPaid   = errors.New("the intent is paid already")
)

func (s *Simulator) load() error {
	s.state = state{
		Accounts: map[string]Account{},
		Ledger:   Ledger{Asked: map[string]int{}, Intents: []Intent{}, Callbacks: []faults.Delivery{}},
	}
	return simulator.Load(s.path, &s.state)
}

// save keeps the state. The lock is held.
func (s *Simulator) save() error { return simulator.Save(s.path, s.state) }

// find returns the newest intent that matches. The lock is held.
func (s *Simulator) find(matches func(*Intent) bool) *Intent {
	return simulator.Newest(s.state.Ledger.Intents, matches)
}

func (s *Simulator) intent(id string) (Intent, Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.find(func(i *Intent) bool { return i.ID == id })
	if found == nil {
		return Intent{}, Account{}, errNoIntent
	}
	return *found, s.state.Accounts[found.APIKey], nil
}

// settle gives an intent its outcome. A paid one stays paid, once; a failed or
// canceled one can still be paid.
func (s *Simulator) settle(id, status, bank string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	intent := s.find(func(i *Intent) bool { return i.ID == id })
	switch {
	case intent == nil:
		return errNoIntent
	case intent.Status == statusSuccess:
		return errIsPaid
	}

	intent.Status = status
	if status == statusSuccess {
		intent.Bank, intent.PaidAt, intent.TransactionID = bank, s.now(), "tx-"+newUUID()
		s.callbacks.Send(s.webhook(*intent, "genuine"))
	}

	return s.save()
}

func (s *Simulator) delivered(d faults.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.At = s.now()
	s.state.Ledger.Callbacks = append(s.state.Ledger.Callbacks, d)
	_ = s.save() // the next change saves it again
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
