package bakongsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
)

// state is what the simulator's file keeps.
type state struct {
	Accounts      map[string]bool         `json:"accounts"`
	Registrations map[string]registration `json:"registrations"` // by e-mail
	Codes         map[string]code         `json:"codes"`         // by md5
	Links         map[string]link         `json:"links"`         // by id
	Transactions  []Transaction           `json:"transactions"`  // in order
}

type registration struct {
	Organization string `json:"organization"`
	Project      string `json:"project"`
	Code         string `json:"code"` // as e-mailed
	Verified     bool   `json:"verified"`
}

// code is a KHQR that the simulator knows.
type code struct {
	QR     string    `json:"qr"`
	Static bool      `json:"static"`
	SeenAt time.Time `json:"seen_at"`
}

// link is a code opened in the bank app, by a deep link or pasted.
type link struct {
	QR       string `json:"qr"`
	AppName  string `json:"app_name,omitempty"`
	Callback string `json:"callback,omitempty"`
}

// Transaction is money that moved, or failed to.
type Transaction struct {
	Hash        string            `json:"hash"` // 64 hex digits
	MD5         string            `json:"md5"`  // of the code paid; empty for a transfer without one
	From        string            `json:"from"`
	To          string            `json:"to"`
	Amount      string            `json:"amount"` // "10.00", "41000"
	Currency    checkout.Currency `json:"currency"`
	Description string            `json:"description"`
	CreatedMs   int64             `json:"created_ms"`
	Failed      bool              `json:"failed"`

	InstructionRef string `json:"instruction_ref,omitempty"` // of the payer's bank; most have none
}

// ShortHash returns what a bank's receipt shows: the first 8 digits.
func (t Transaction) ShortHash() string { return t.Hash[:8] }

// ExternalRef returns the reference that the payer's bank gave the transaction.
func (t Transaction) ExternalRef() string { return "100FT" + strings.ToUpper(t.Hash[:14]) }

func newState() state {
	return state{
		Accounts: map[string]bool{}, Registrations: map[string]registration{},
		Codes: map[string]code{}, Links: map[string]link{},
	}
}

// clock returns the simulator's time. The lock is held.
func (s *Simulator) clock() time.Time { return s.Now().Add(s.skew) }

// update calls do with the lock held and saves the state when do changed it.
func (s *Simulator) update(do func() (changed bool)) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if !do() {
		return nil
	}
	return s.Save()
}

// addCode records a code and returns its md5.
func (s *state) addCode(qr string, decoded *khqr.Code, at time.Time) (md5 string) {
	md5 = khqr.MD5(qr)
	if _, ok := s.Codes[md5]; !ok {
		s.Codes[md5] = code{QR: qr, Static: !decoded.Dynamic(), SeenAt: at}
	}
	return md5
}

// paymentOf returns the transaction that an md5 check answers with: the first
// that succeeded, else the last that failed.
func (s *state) paymentOf(md5 string) (Transaction, bool) {
	var last Transaction
	found := false
	for _, t := range s.Transactions {
		if t.MD5 != md5 {
			continue
		}
		if !t.Failed {
			return t, true
		}

		last, found = t, true
	}

	return last, found
}

// byHash returns a transaction by its full hash.
func (s *state) byHash(hash string) (Transaction, bool) {
	return s.find(func(t Transaction) bool { return t.Hash == hash })
}

// find returns the first transaction that is meant.
func (s *state) find(meant func(Transaction) bool) (Transaction, bool) {
	at := slices.IndexFunc(s.Transactions, meant)
	if at < 0 {
		return Transaction{}, false
	}
	return s.Transactions[at], true
}

// newHash returns a random hash of a transaction.
func newHash() string {
	sum := sha256.Sum256([]byte(rand.Text()))
	return hex.EncodeToString(sum[:])
}

// addLink records a code to be shown, under a new id.
func (s *state) addLink(l link) (id string) {
	id = strings.ToLower(rand.Text()[:12])
	s.Links[id] = l
	return id
}
