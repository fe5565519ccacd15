package bakongsim

import (
	"crypto/sha256"
	"encoding/hex"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/simkit"
)

// learnCode records a code and, the first time, schedules its payment. The lock
// is held.
func (s *Simulator) learnCode(qr string, decoded *khqr.Code) {
	if _, found := s.state.Codes[khqr.MD5(qr)]; found {
		return
	}
	s.schedule(s.state.addCode(qr, decoded, s.clock()))
}

// resumeAutopilot schedules the codes of an earlier run.
func (s *Simulator) resumeAutopilot() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for md5 := range s.state.Codes {
		s.schedule(md5)
	}
}

// schedule lets the autopilot decide a code that nobody has tried to pay. The
// lock is held.
func (s *Simulator) schedule(md5 string) {
	known := s.state.Codes[md5]
	decoded, err := khqr.Decode(known.QR)
	if err != nil || !decoded.Dynamic() {
		return
	}

	amount, err := amountOf(decoded, Payment{})
	if _, tried := s.state.paymentOf(md5); tried || err != nil {
		return
	}

	s.Autopilot.Schedule(simkit.Payment{
		Amount: amount, Key: md5, Age: s.clock().Sub(known.SeenAt), Remaining: decoded.Expires.Sub(s.clock()),
		Pay:      func(amount checkout.Money) { s.payOnce(Payment{QR: known.QR, Amount: amount.Decimal()}) },
		Decline:  func() { s.payOnce(Payment{QR: known.QR, Fail: true}) },
		Transfer: func() { s.transfer(decoded, amount) },
	})
}

// transfer moves a code's money without paying the code: only its hash,
// the SHA-256 of the code's bill number, finds it.
func (s *Simulator) transfer(code *khqr.Code, amount checkout.Money) {
	sum := sha256.Sum256([]byte(code.BillNumber))
	made := Transaction{
		Hash: hex.EncodeToString(sum[:]), From: DemoPayer, To: code.Account,
		Amount: amount.Decimal(), Currency: amount.Currency, CreatedMs: s.clock().UnixMilli(),
	}

	_ = s.update(func() bool {
		if _, done := s.state.byHash(made.Hash); done {
			return false
		}
		s.state.Transactions = append(s.state.Transactions, made)
		return true
	})
}

// payOnce pays a code unless somebody has tried to.
func (s *Simulator) payOnce(in Payment) {
	_ = s.update(func() bool {
		if _, tried := s.state.paymentOf(khqr.MD5(in.QR)); tried {
			return false
		}
		_, err := s.pay(in)
		return err == nil
	})
}
