package kesssim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"time"

	"rieltime/providers/faults"
	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

// Order is one order with what became of it.
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

// Ledger is what the simulator was asked and what was paid.
type Ledger struct {
	Asked     map[string]int    `json:"asked"` // calls by service
	Orders    []Order           `json:"orders"`
	Callbacks []faults.Delivery `json:"callbacks"`
}

// cardSession is a link to save a card, then the card's token.
type cardSession struct {
	SellerCode  string `json:"seller_code"`
	NotifyURL   string `json:"notify_url"`
	RedirectURL string `json:"redirect_url"`
	SignType    string `json:"sign_type"`
	CardToken   string `json:"card_token,omitempty"`
}

type state struct {
	Accounts map[string]Account     `json:"accounts"` // by seller code
	Tokens   map[string]login       `json:"tokens"`   // by access token
	Cards    map[string]cardSession `json:"cards"`    // by the link's token
	Aliases  map[string]string      `json:"aliases"`  // seller codes to answer with, by order token
	KeyPEM   string                 `json:"key_pem,omitempty"`
	Ledger   Ledger                 `json:"ledger"`
}

func (s *Simulator) load() error {
	s.state = state{
		Accounts: map[string]Account{}, Tokens: map[string]login{}, Cards: map[string]cardSession{},
		Aliases: map[string]string{}, Ledger: Ledger{Asked: map[string]int{}},
	}
	return simulator.Load(s.path, &s.state)
}

// save keeps the state. The lock is held.
func (s *Simulator) save() error { return simulator.Save(s.path, s.state) }

// loadKey reads the key that customers and cards are encrypted to, or makes
// one. The lock is held.
func (s *Simulator) loadKey() *rsa.PrivateKey {
	if block, _ := pem.Decode([]byte(s.state.KeyPEM)); block != nil {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key
		}
	}

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // 2048 bits are always possible
	}

	s.state.KeyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	_ = s.save() // the next change saves it again
	return key
}

// PublicKey is the PEM of the key that customers and cards are encrypted to.
func (s *Simulator) PublicKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	encoded, err := x509.MarshalPKIXPublicKey(&s.key().PublicKey)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded}))
}

// find returns the newest order that matches, closed if its time is over. The
// lock is held.
func (s *Simulator) find(matches func(*Order) bool) *Order {
	order := simulator.Newest(s.state.Ledger.Orders, matches)
	if order != nil && order.Status == gateway.StatusWaiting && !s.now().Before(order.ExpiredAt) {
		order.Status = gateway.StatusClosed
	}
	return order
}

func (s *Simulator) byReference(seller, reference string) *Order {
	return s.find(func(o *Order) bool { return o.SellerCode == seller && o.OutTradeNo == reference })
}

func (s *Simulator) byToken(token string) *Order {
	return s.find(func(o *Order) bool { return o.Token == token })
}

// settle gives an order its outcome, by the buyer. late takes money for a
// closed order too, as a bank may.
func (s *Simulator) settle(order *Order, method string, late bool) error {
	if order.Status != gateway.StatusWaiting && (!late || order.Status != gateway.StatusClosed) {
		return fmt.Errorf("the order is %s", order.Status)
	}
	order.Status, order.Method, order.PaidAt, order.FailCode = gateway.StatusSuccess, method, s.now(), ""
	order.TransactionID = transactionID(s.now())
	s.notices.Send(s.notice(*order, kindGenuine))
	return s.save()
}

// fail ends an order that a card network or bank declined.
func (s *Simulator) fail(order *Order, method, code string) error {
	if order.Status != gateway.StatusWaiting {
		return fmt.Errorf("the order is %s", order.Status)
	}
	order.Method, order.FailCode = method, code
	if code != "WAITING_FINAL_STATUS" { // which leaves the order open
		order.Status = gateway.StatusClosed
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

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func transactionID(now time.Time) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return fmt.Sprintf("TR%s-%018d", now.UTC().Format("0601"), n%1_000_000_000_000_000_000)
}
