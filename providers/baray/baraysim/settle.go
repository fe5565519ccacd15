package baraysim

import "errors"

var errPaid = errors.New("the intent is already paid")

// settle gives an intent its outcome and notifies the merchant of a payment. A
// paid intent stays paid; a failed or canceled one can still be paid. The lock
// is held.
func (s *Simulator) settle(intent *Intent, status, bank string) error {
	if intent.Status == statusSuccess {
		return errPaid
	}

	intent.Status = status
	if status == statusSuccess {
		intent.Bank, intent.PaidAt, intent.TransactionID = bank, s.Now(), "tx-"+newUUID()
		s.Callbacks.Send(s.webhook(*intent, kindGenuine))
	}

	return s.Save()
}
