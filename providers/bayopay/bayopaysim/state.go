package bayopaysim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"rieltime/providers/faults"
	"rieltime/providers/simulator"
)

// Statuses of a transaction; open is one that the buyer has not decided.
const (
	statusOpen    = ""
	statusPaid    = "00"
	statusFailed  = "11"
	statusPending = "22"
)

// Transaction is one payment with what became of it.
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
	PaidAmount  string    `json:"paid_amount,omitempty"` // when it is another than asked
}

// Ledger is what the simulator was asked and what was paid.
type Ledger struct {
	Asked        map[string]int    `json:"asked"`    // posts of the payment form
	Refusals     map[string]int    `json:"refusals"` // by BayoPay's error code
	Transactions []Transaction     `json:"transactions"`
	Callbacks    []faults.Delivery `json:"callbacks"`
}

type state struct {
	Accounts map[string]Account `json:"accounts"` // by niaga id
	Ledger   Ledger             `json:"ledger"`
}

var (
	errNoTransaction = errors.New("there is no such transaction")
	errIsFinal       = errors.New("the transaction is decided already")
)

func (s *Simulator) load() error {
	s.state = state{
		Accounts: map[string]Account{},
		Ledger: Ledger{
			Asked: map[string]int{}, Refusals: map[string]int{},
			Transactions: []Transaction{}, Callbacks: []faults.Delivery{},
		},
	}
	return simulator.Load(s.path, &s.state)
}

// save keeps the state. The lock is held.
func (s *Simulator) save() error { return simulator.Save(s.path, s.state) }

// find returns the newest transaction that matches. The lock is held.
func (s *Simulator) find(matches func(*Transaction) bool) *Transaction {
	return simulator.Newest(s.state.Ledger.Transactions, matches)
}

func (s *Simulator) transaction(tranID string) (Transaction, Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.find(func(t *Transaction) bool { return t.TranID == tranID })
	if found == nil {
		return Transaction{}, Account{}, errNoTransaction
	}
	return *found, s.state.Accounts[found.NiagaID], nil
}

// add records a new transaction under a new id of ten digits.
func (s *Simulator) add(t Transaction) (Transaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t.TranID == "" || s.find(func(o *Transaction) bool { return o.TranID == t.TranID }) != nil {
		t.TranID = fmt.Sprint(1_000_000_000 + rand.Int64N(9_000_000_000))
	}
	t.CreatedAt = s.now().UTC()
	s.state.Ledger.Transactions = append(s.state.Ledger.Transactions, t)
	return t, s.save()
}

// settle gives a transaction its outcome and tells the merchant. A pending one
// can still be paid or fail; one that is paid or failed stays so.
func (s *Simulator) settle(tranID, status, errorCode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	t := s.find(func(t *Transaction) bool { return t.TranID == tranID })
	switch {
	case t == nil:
		return errNoTransaction
	case t.Status == statusPaid || t.Status == statusFailed:
		return errIsFinal
	}

	t.Status, t.ErrorCode = status, errorCode
	if status == statusPaid {
		t.AppCode = fmt.Sprintf("A%05d", rand.IntN(100_000))
	}

	t.PaidAt = s.now()
	s.callbacks.Send(s.notice(*t, notice{Kind: kindGenuine}))
	return s.save()
}

func (s *Simulator) delivered(d faults.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.At = s.now()
	s.state.Ledger.Callbacks = append(s.state.Ledger.Callbacks, d)
	_ = s.save() // the next change saves it again
}
