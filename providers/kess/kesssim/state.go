package kesssim

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// Order is one order with its outcome.
type Order struct {
	Service       string          `json:"service"`
	SellerCode    string          `json:"seller_code"`
	Token         string          `json:"token"`
	OutTradeNo    string          `json:"out_trade_no"`
	TransactionID string          `json:"transaction_id,omitempty"`
	Body          string          `json:"body"`
	TotalAmount   json.Number     `json:"total_amount"`
	Currency      string          `json:"currency"`
	Status        string          `json:"status"`
	Method        string          `json:"method,omitempty"` // BIC it was paid with, or is native to
	NotifyURL     string          `json:"notify_url,omitempty"`
	RedirectURL   string          `json:"redirect_url,omitempty"`
	SignType      string          `json:"sign_type"`
	Enabled       []string        `json:"enabled_payment_methods,omitempty"`
	Customer      json.RawMessage `json:"customer,omitempty"` // decrypted
	CreatedAt     time.Time       `json:"created_at"`
	ExpiredAt     time.Time       `json:"expired_at"`
	PaidAt        time.Time       `json:"paid_at,omitzero"`
	FailCode      string          `json:"fail_code,omitempty"` // the card network's
	CardToken     string          `json:"card_token,omitempty"`
	Refunds       []Refund        `json:"refunds,omitempty"`
}

// Refund is one refund of an order.
type Refund struct {
	Amount            json.Number `json:"amount"`
	Currency          string      `json:"currency"`
	Status            string      `json:"status"`
	Reason            string      `json:"reason"`
	TransactionID     string      `json:"transaction_id"`
	RejectedReason    string      `json:"rejected_reason"`
	OutTradeNo        string      `json:"out_trade_no"`
	MerchantReference string      `json:"merchant_reference"`
	CallbackURL       string      `json:"callback_url,omitempty"`
}

// Ledger is what the simulator received, sent and was paid.
type Ledger struct {
	simkit.Ledger         // requests by service
	Orders        []Order `json:"orders"`
}

// cardSession is a link to save a card, with the card's token once it is saved.
type cardSession struct {
	SellerCode  string `json:"seller_code"`
	NotifyURL   string `json:"notify_url"`
	RedirectURL string `json:"redirect_url"`
	SignType    string `json:"sign_type"`
	CardToken   string `json:"card_token,omitempty"`
}

type state struct {
	Accounts map[string]Account     `json:"accounts"` // by seller code
	Tokens   map[string]token       `json:"tokens"`   // by access token
	Cards    map[string]cardSession `json:"cards"`    // by the link's token
	Aliases  map[string]string      `json:"aliases"`  // seller codes to answer with, by order token
	KeyPEM   string                 `json:"key_pem,omitempty"`
	Ledger   Ledger                 `json:"ledger"`
}

func newState() state {
	return state{
		Accounts: map[string]Account{}, Tokens: map[string]token{}, Cards: map[string]cardSession{},
		Aliases: map[string]string{}, Ledger: Ledger{Orders: []Order{}},
	}
}

// newest returns the newest order that matches, closed if it has expired. The
// lock is held.
func (s *Simulator) newest(matches func(*Order) bool) *Order {
	order := simkit.Newest(s.state.Ledger.Orders, matches)
	if order != nil && order.Status == client.StatusWaiting && !s.Now().Before(order.ExpiredAt) {
		order.Status = client.StatusClosed
	}
	return order
}

// byReference returns a seller's order by its out_trade_no. The lock is held.
func (s *Simulator) byReference(seller, reference string) *Order {
	return s.newest(func(o *Order) bool { return o.SellerCode == seller && o.OutTradeNo == reference })
}

// byToken returns an order by its token. The lock is held.
func (s *Simulator) byToken(token string) *Order {
	return s.newest(func(o *Order) bool { return o.Token == token })
}

// randomHex returns random bytes in hex.
func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// transactionID returns a new id as KESS writes them.
func transactionID(now time.Time) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return fmt.Sprintf("TR%s-%018d", now.UTC().Format("0601"), n%1_000_000_000_000_000_000)
}
