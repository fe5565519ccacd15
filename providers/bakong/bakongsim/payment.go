package bakongsim

import (
	"cmp"

	"rieltime/checkout"
	"rieltime/khqr"
)

// Payment is a payment by a test or the bank app. Amount, Currency and To are
// the code's own unless set. Without a code, all three
// are needed: it is then a transfer, as for a sale at a till.
type Payment struct {
	QR        string `json:"qr"`         // a KHQR text, or
	MD5       string `json:"md5"`        // the md5 of one that the simulator has seen, or neither
	Amount    string `json:"amount"`     // "10.00"
	Currency  string `json:"currency"`   // "USD", "KHR"
	To        string `json:"to"`         // the account that gets it
	From      string `json:"from"`       // DemoPayer unless set
	CreatedMs int64  `json:"created_ms"` // now unless set
	Fail      bool   `json:"fail"`       // the transaction fails

	InstructionRef string `json:"instruction_ref"` // none unless set
}

// Pay moves the money, as the bank would, also for a code that has expired or was
// paid before.
func (s *Simulator) Pay(in Payment) (Transaction, error) {
	var made Transaction
	var refused error
	err := s.update(func() bool {
		made, refused = s.pay(in)
		return refused == nil
	})
	if err == nil {
		err = refused
	}
	return made, err
}

// pay records a payment. The lock is held.
func (s *Simulator) pay(in Payment) (Transaction, error) {
	if in.QR == "" {
		in.QR = s.state.Codes[in.MD5].QR
	}

	decoded, err := paidCode(in)
	if err != nil {
		return Transaction{}, err
	}

	amount, err := amountOf(decoded, in)
	if err != nil {
		return Transaction{}, err
	}

	made := Transaction{
		Hash: newHash(), From: cmp.Or(in.From, DemoPayer), To: cmp.Or(in.To, decoded.Account), Failed: in.Fail,
		CreatedMs: cmp.Or(in.CreatedMs, s.clock().UnixMilli()),
		Amount:    amount.Decimal(), Currency: amount.Currency, Description: decoded.Purpose,
		InstructionRef: in.InstructionRef,
	}
	if in.QR != "" {
		made.MD5 = s.state.addCode(in.QR, decoded, s.clock())
	}

	s.state.Transactions = append(s.state.Transactions, made)
	return made, nil
}

// paidCode returns the code that is paid; an empty one for a transfer without a
// code.
func paidCode(in Payment) (*khqr.Code, error) {
	switch {
	case in.QR != "":
		return khqr.Decode(in.QR)
	case in.MD5 == "" && in.To != "" && in.Amount != "" && in.Currency != "":
		return &khqr.Code{}, nil
	case in.MD5 == "":
		return nil, checkout.Invalidf("qr", "missing", "give a code by qr or md5, or to, amount and currency of a transfer without one")
	}
	return nil, checkout.Invalidf("md5", "unknown", "no code with this md5 is known")
}

// amountOf returns what a payment of a code pays.
func amountOf(decoded *khqr.Code, in Payment) (checkout.Money, error) {
	currency, err := checkout.ParseCurrency(cmp.Or(in.Currency, decoded.Currency.Name()))
	if err != nil {
		return checkout.Money{}, err
	}

	return checkout.ParseMoney(cmp.Or(in.Amount, decoded.Amount), currency)
}
