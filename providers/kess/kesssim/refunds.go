package kesssim

import (
	"encoding/json"
	"net/http"
	"slices"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// refundableMethods are those that the document refunds. The refund of a bank
// among them is pending until the bank has made it.
var (
	refundableMethods    = []string{"VISA_MASTER", "WING", "ACLBKHPP", "WECHAT", "ALIPAY"}
	pendingRefundMethods = []string{"WING", "ACLBKHPP"}
)

// refund refunds a paid order, whole or in part. A used merchant_reference
// is a duplicate.
func (s *Simulator) refund(c call) any {
	order := s.byReference(c.account.SellerCode, c.params.Text("out_trade_no"))
	if order == nil {
		return refuse(http.StatusNotFound, "", "")
	}

	if reference := c.params.Text("merchant_reference"); reference != "" {
		if _, used := s.findRefund(c.account, func(r Refund) bool { return r.MerchantReference == reference }); used != nil {
			return refuse(http.StatusConflict, "merchant_reference", "has been used")
		}
	}

	if order.PaidAt.IsZero() || order.Status == client.StatusRefunded || order.Status == client.StatusPendingRefunded {
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "is "+order.Status)
	}
	if !slices.Contains(refundableMethods, order.Method) {
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "was paid by a method that cannot be refunded")
	}

	amount, failed := refundAmount(*order, c.params)
	if failed != nil {
		return failed
	}

	partial := amount.Minor < refundableAmount(*order).Minor
	order.Refunds = append(order.Refunds, Refund{
		Amount: json.Number(amount.Decimal()), Currency: order.Currency, Reason: c.params.Text("reason"),
		Status: refundStatus(partial, slices.Contains(pendingRefundMethods, order.Method)), TransactionID: transactionID(s.Now()),
		OutTradeNo: order.OutTradeNo, MerchantReference: c.params.Text("merchant_reference"),
		CallbackURL: c.params.Text("callback_url"),
	})

	made := &order.Refunds[len(order.Refunds)-1]
	order.Status = made.Status
	if s.Autopilot != nil && simkit.OutcomeOf(amount) == simkit.OutcomeDeclined {
		made.RejectedReason, order.Status = "DECLINED", client.StatusSuccess
	}

	s.Callbacks.Send(s.refundCallback(*order, *made))
	return refundInfo(*made)
}

// refundStatus returns the status of an order with a new refund.
func refundStatus(partial, pending bool) string {
	switch {
	case partial && pending:
		return client.StatusPendingPartialRefund
	case partial:
		return client.StatusPartialRefunded
	case pending:
		return client.StatusPendingRefunded
	}
	return client.StatusRefunded
}

// refundableAmount returns how much of an order has not been refunded.
func refundableAmount(order Order) checkout.Money {
	total, _ := checkout.ParseDecimal(order.TotalAmount.String(), checkout.Currency(order.Currency))
	for _, refund := range order.Refunds {
		if refund.RejectedReason == "" {
			part, _ := checkout.ParseDecimal(refund.Amount.String(), total.Currency)
			total.Minor -= part.Minor
		}
	}
	return total
}

func refundAmount(order Order, params client.Params) (checkout.Money, *failure) {
	refundable := refundableAmount(order)
	text := params.Text("partial_refund_amount")
	if text == "" {
		return refundable, nil
	}

	amount, err := checkout.ParseDecimal(text, refundable.Currency)
	switch {
	case params.Text("partial_refund_amount_ccy") != order.Currency:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount_ccy", "must be the order's currency")
	case err != nil || amount.Minor <= 0:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount", "must be more than zero")
	case amount.Minor > refundable.Minor:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount", "is more than what can be refunded")
	}

	return amount, nil
}

func (s *Simulator) findRefund(account Account, matches func(Refund) bool) (*Order, *Refund) {
	for i := range s.state.Ledger.Orders {
		order := &s.state.Ledger.Orders[i]
		if at := slices.IndexFunc(order.Refunds, matches); at >= 0 && order.SellerCode == account.SellerCode {
			return order, &order.Refunds[at]
		}
	}
	return nil, nil
}

func (s *Simulator) queryRefund(c call) any {
	reference, id := c.params.Text("merchant_reference"), c.params.Text("transaction_id")
	_, found := s.findRefund(c.account, func(r Refund) bool {
		return (reference != "" && r.MerchantReference == reference) || (reference == "" && r.TransactionID == id)
	})
	if found == nil {
		return refuse(http.StatusNotFound, "", "")
	}
	return refundInfo(*found)
}

// finishRefund makes a pending refund, or rejects it with a reason, as the bank
// does. It reports whether there is such a refund. The lock is held.
func (s *Simulator) finishRefund(reference string, rejected string) bool {
	for _, account := range s.state.Accounts {
		order, refund := s.findRefund(account, func(r Refund) bool { return r.MerchantReference == reference })
		if refund == nil {
			continue
		}

		if rejected != "" {
			refund.RejectedReason = rejected
			order.Status = client.StatusSuccess
		} else {
			refund.Status = refundStatus(refund.Status == client.StatusPendingPartialRefund || refund.Status == client.StatusPartialRefunded, false)
			order.Status = refund.Status
		}

		s.Callbacks.Send(s.refundCallback(*order, *refund))
		return true
	}

	return false
}
