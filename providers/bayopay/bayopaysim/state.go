package bayopaysim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rieltime/providers/simkit"
)

// Statuses of a transaction; the buyer has not decided an open one.
const (
	statusOpen    = ""
	statusPaid    = "00"
	statusFailed  = "11"
	statusPending = "22"
)

// Transaction is one payment with its outcome.
type Transaction struct {
	TranID      string    `json:"tranid"`
	NiagaID     string    `json:"niagaid"`
	OrderID     string    `json:"orderid"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Channel     string    `json:"channel"`
	Name        string    `json:"name"`
	Email       string    `json:"email"`
	Mobile      string    `json:"mobile"`
	Description string    `json:"description"`
	ReturnURL   string    `json:"returnurl"`
	CallbackURL string    `json:"callbackurl"`
	CreatedAt   time.Time `json:"created_at"`
	Status      string    `json:"status"`
	ErrorCode   string    `json:"errorcode,omitempty"`
	AppCode     string    `json:"appcode,omitempty"`
	PaidAt      time.Time `json:"paid_at,omitzero"`
	PaidAmount  string    `json:"paid_amount,omitempty"` // when it differs from Amount
}

// Ledger is what the simulator received, sent and was paid.
type Ledger struct {
	simkit.Ledger
	Refusals     map[string]int `json:"refusals"` // by BayoPay's error code
	Transactions []Transaction  `json:"transactions"`
}

type state struct {
	Accounts map[string]Account `json:"accounts"` // by niaga id
	Ledger   Ledger             `json:"ledger"`
}

func newState() state {
	return state{
		Accounts: map[string]Account{},
		Ledger:   Ledger{Refusals: map[string]int{}, Transactions: []Transaction{}},
	}
}

// transaction returns a transaction to change; nil when there is none. The lock
// is held.
func (s *Simulator) transaction(tranID string) *Transaction {
	return s.newest(func(t *Transaction) bool { return t.TranID == tranID })
}

// newest returns the newest transaction that matches. The lock is held.
func (s *Simulator) newest(matches func(*Transaction) bool) *Transaction {
	return simkit.Newest(s.state.Ledger.Transactions, matches)
}

// add records a transaction under a new id of ten digits. The lock is held.
func (s *Simulator) add(t Transaction) *Transaction {
	for t.TranID == "" || s.transaction(t.TranID) != nil {
		t.TranID = fmt.Sprint(1_000_000_000 + rand.Int64N(9_000_000_000))
	}
	t.CreatedAt = s.Now().UTC()
	s.state.Ledger.Transactions = append(s.state.Ledger.Transactions, t)
	return &s.state.Ledger.Transactions[len(s.state.Ledger.Transactions)-1]
}
