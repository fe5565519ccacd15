package kesssim

import (
	"fmt"

	"rieltime/providers/kess/internal/client"
)

// settle pays an order and notifies the merchant. late pays a closed order too,
// as a bank may. The lock is held.
func (s *Simulator) settle(order *Order, method string, late bool) error {
	if order.Status != client.StatusWaiting && (!late || order.Status != client.StatusClosed) {
		return fmt.Errorf("the order is %s", order.Status)
	}
	order.Status, order.Method, order.PaidAt, order.FailCode = client.StatusSuccess, method, s.Now(), ""
	order.TransactionID = transactionID(s.Now())
	s.Callbacks.Send(s.orderCallback(*order, kindGenuine))
	return s.Save()
}

// fail closes an order that a card network or bank declined. The lock is held.
func (s *Simulator) fail(order *Order, method, code string) error {
	if order.Status != client.StatusWaiting {
		return fmt.Errorf("the order is %s", order.Status)
	}
	order.Method, order.FailCode = method, code
	if code != "WAITING_FINAL_STATUS" { // which leaves the order open
		order.Status = client.StatusClosed
	}
	return s.Save()
}
