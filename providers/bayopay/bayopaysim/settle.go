package bayopaysim

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

var errDecided = errors.New("the transaction is already decided")

// settle gives a transaction its outcome and notifies the merchant. A pending
// one can still be paid or fail; one that is paid or failed stays so. The lock
// is held.
func (s *Simulator) settle(t *Transaction, status, errorCode string) error {
	if t.Status == statusPaid || t.Status == statusFailed {
		return errDecided
	}

	t.Status, t.ErrorCode, t.PaidAt = status, errorCode, s.Now()
	if status == statusPaid {
		t.AppCode = fmt.Sprintf("A%05d", rand.IntN(100_000))
	}

	s.Callbacks.Send(s.callback(*t, result{Kind: kindGenuine}))
	return s.Save()
}
