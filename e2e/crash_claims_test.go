//go:build e2e

package e2e

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
)

// claim has a buyer type a transaction hash that is not of this session's
// payment. Nothing of it may complete the session.
func (s *crashBuyer) claim() {
	s.only = "khqr"
	opened := s.startPayment()
	if opened == nil || first(copyOf, opened.text) == "" {
		return
	}

	switch s.dice.IntN(3) {
	case 0:
		sum := sha256.Sum256([]byte(rand.Text()))
		s.typeHash(hex.EncodeToString(sum[:]), "hashes made up")
	case 1:
		s.claimAtTheTill()
	case 2:
		s.claimAnothersReceipt()
	}

	if s.chance(40) { // the buyer pays as well, before or after the claim is looked at
		s.act(opened, "pay")
		s.post(s.pageURL("/check"), url.Values{})
	}
}

// claimAtTheTill claims a transfer of the same amount to the same account that
// paid no code: coffee at the till.
func (s *crashBuyer) claimAtTheTill() {
	s.atProviders.RLock()
	defer s.atProviders.RUnlock()
	hash := s.transfer(map[string]any{"to": simAccount, "amount": s.want.amount, "currency": s.want.currency})
	s.typeHash(hash, "hashes of sales at the till")
}

// claimAnothersReceipt claims the payment of another session of the same amount
// as soon as it is made, often before the checkout has heard of it.
func (s *crashBuyer) claimAnothersReceipt() {
	payer := s.newBuyer(s.n)
	payer.dice = s.plan.dice(otherBuyerDice | uint64(s.n))
	payer.want = expectedSession{reference: s.want.reference + "-PAYER", amount: s.want.amount, currency: s.want.currency}
	payer.only = "khqr"
	if !payer.create() {
		return
	}

	opened := payer.startPayment()
	if opened == nil {
		return
	}

	s.atProviders.RLock()
	defer s.atProviders.RUnlock()

	if qr := first(copyOf, opened.text); qr != "" && opened.silences == s.silences.Load() {
		s.typeHash(s.transfer(map[string]any{"qr": qr}), "hashes of another session's payment")
	}
}

// transfer has Bakong move money, and gives its hash.
func (s *crashBuyer) transfer(payment map[string]any) (hash string) {
	var made struct {
		Hash string `json:"hash"`
	}
	status, text := s.control(http.MethodPost, s.sims["bakong"]+"/control/pay", payment)
	if err := json.Unmarshal(text, &made); err != nil || made.Hash == "" {
		s.t.Errorf("pay %v: %d %s", payment, status, text)
	}
	return made.Hash
}

// typeHash types a hash under "I have paid", all of it or as a receipt shows it.
func (s *crashBuyer) typeHash(hash, kind string) {
	if s.chance(30) {
		hash = hash[:8]
	}

	v := s.post(s.pageURL("/check"), url.Values{"hash": {hash}})
	switch {
	case v == nil || v.status >= 500:
		s.count(kind + ", no answer")
	case v.status == http.StatusTooManyRequests:
		s.count(kind + ", too many")
	default:
		s.count(kind)
	}
}
