package baraysim

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"rieltime/providers/simkit"
)

// Statuses of an intent. Baray documents only "success".
const (
	statusPending  = "pending"
	statusSuccess  = "success"
	statusFailed   = "failed"
	statusCanceled = "canceled"
)

// Intent is one payment request with its outcome.
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
	Data             string          `json:"data"` // the encrypted body of POST /pay
}

// Ledger is what the simulator received, sent and was paid.
type Ledger struct {
	simkit.Ledger
	Intents []Intent `json:"intents"`
}

type state struct {
	Accounts map[string]Account `json:"accounts"` // by API key
	Ledger   Ledger             `json:"ledger"`
}

func newState() state {
	return state{Accounts: map[string]Account{}, Ledger: Ledger{Intents: []Intent{}}}
}

// intent returns an intent to change; nil when there is none. The lock is held.
func (s *Simulator) intent(id string) *Intent {
	return s.newest(func(i *Intent) bool { return i.ID == id })
}

// newest returns the newest intent that matches. The lock is held.
func (s *Simulator) newest(matches func(*Intent) bool) *Intent {
	return simkit.Newest(s.state.Ledger.Intents, matches)
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
