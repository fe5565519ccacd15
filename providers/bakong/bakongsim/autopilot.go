package bakongsim

import (
	"crypto/sha256"
	"encoding/hex"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/autopilot"
)

// learn remembers a code and, the first time, lets the autopilot take it. The
// lock is held.
func (s *Simulator) learn(qr string, decoded *khqr.Code) {
	if _, known := s.state.Codes[khqr.MD5(qr)]; known {
		return
	}
	s.fly(s.state.see(qr, decoded, s.time()))
}

// resume takes up the codes of an earlier run.
func (s *Simulator) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for md5 := range s.state.Codes {
		s.fly(md5)
	}
}

// fly lets the autopilot take a code that nobody has tried to pay. The lock is
// held.
func (s *Simulator) fly(md5 string) {
	seen := s.state.Codes[md5]
	decoded, err := khqr.Decode(seen.QR)
	if err != nil || !decoded.Dynamic() {
		return
	}

	amount, err := amountOf(decoded, Payment{})
	if _, tried := s.state.paid(md5); tried || err != nil {
		return
	}

	s.pilot.Schedule(autopilot.Payment{
		Amount: amount, Key: md5, Age: s.time().Sub(seen.SeenAt), Remaining: decoded.Expires.Sub(s.time()),
		Pay:     func(amount checkout.Money) { s.payOnce(Payment{QR: seen.QR, Amount: amount.Decimal()}) },
		Decline: func() { s.payOnce(Payment{QR: seen.QR, Fail: true}) },

		Transfer: func() { s.transfer(decoded, amount) },
	})
}

// transfer moves a code's money without paying the code: it is known only by
// its hash, the SHA-256 of the code's bill number.
func (s *Simulator) transfer(code *khqr.Code, amount checkout.Money) {
	sum := sha256.Sum256([]byte(code.BillNumber))
	made := Transaction{
		Hash: hex.EncodeToString(sum[:]), From: DemoPayer, To: code.Account,
		Amount: amount.Decimal(), Currency: amount.Currency, CreatedMs: s.time().UnixMilli(),
	}

	_ = s.locked(func() bool {
		if _, done := s.state.byHash(made.Hash); done {
			return false
		}
		s.state.Transactions = append(s.state.Transactions, made)
		return true
	})
}

// payOnce pays a code unless somebody has.
func (s *Simulator) payOnce(in Payment) {
	_ = s.locked(func() bool {
		if _, tried := s.state.paid(khqr.MD5(in.QR)); tried {
			return false
		}
		_, err := s.pay(in)
		return err == nil
	})
}
