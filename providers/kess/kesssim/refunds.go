package kesssim

import (
	"encoding/json"
	"net/http"
	"slices"

	"rieltime/checkout"
	"rieltime/providers/autopilot"
	"rieltime/providers/kess/internal/gateway"
)

// refundable are the methods that the document refunds; for the banks among
// them the refund is pending until the bank has made it.
var (
	refundable  = []string{"VISA_MASTER", "WING", "ACLBKHPP", "WECHAT", "ALIPAY"}
	slowRefunds = []string{"WING", "ACLBKHPP"}
)

// refund gives a paid order back, whole or in part. A used merchant_reference
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

	if order.PaidAt.IsZero() || order.Status == gateway.StatusRefunded || order.Status == gateway.StatusPendingRefunded {
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "is "+order.Status)
	}
	if !slices.Contains(refundable, order.Method) {
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "was paid by a method that cannot be refunded")
	}

	amount, failed := refundAmount(*order, c.params)
	if failed != nil {
		return failed
	}

	partial := amount.Minor < left(*order).Minor
	order.Refunds = append(order.Refunds, Refund{
		Amount: json.Number(amount.Decimal()), Currency: order.Currency, Reason: c.params.Text("reason"),
		Status: refundStatus(partial, slices.Contains(slowRefunds, order.Method)), TransactionID: transactionID(s.now()),
		OutTradeNo: order.OutTradeNo, MerchantReference: c.params.Text("merchant_reference"),
		CallbackURL: c.params.Text("callback_url"),
	})

	made := &order.Refunds[len(order.Refunds)-1]
	order.Status = made.Status
	if s.pilot != nil && autopilot.OutcomeOf(amount) == autopilot.OutcomeDeclined {
		made.RejectedReason, order.Status = "DECLINED", gateway.StatusSuccess
	}

	s.notices.Send(s.refundNotice(*order, *made))
	return history(*made)
}

func refundStatus(partial, slow bool) string {
	switch {
	case partial && slow:
		return gateway.StatusPendingPartialRefund
	case partial:
		return gateway.StatusPartialRefunded
	case slow:
		return gateway.StatusPendingRefunded
	}
	return gateway.StatusRefunded
}

// left is what of an order has not been given back.
func left(order Order) checkout.Money {
	total, _ := checkout.ParseDecimal(order.TotalAmount.String(), checkout.Currency(order.Currency))
	for _, refund := range order.Refunds {
		if refund.RejectedReason == "" {
			part, _ := checkout.ParseDecimal(refund.Amount.String(), total.Currency)
			total.Minor -= part.Minor
		}
	}
	return total
}

func refundAmount(order Order, params gateway.Params) (checkout.Money, *failure) {
	rest := left(order)
	text := params.Text("partial_refund_amount")
	if text == "" {
		return rest, nil
	}

	amount, err := checkout.ParseDecimal(text, rest.Currency)
	switch {
	case params.Text("partial_refund_amount_ccy") != order.Currency:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount_ccy", "must be the order's currency")
	case err != nil || amount.Minor <= 0:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount", "must be more than zero")
	case amount.Minor > rest.Minor:
		return amount, refuse(http.StatusBadRequest, "partial_refund_amount", "is more than what is left")
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
	return history(*found)
}

// history is the document's refund_histories entry.
func history(r Refund) map[string]any {
	return map[string]any{
		"amount": r.Amount, "currency": r.Currency, "status": r.Status, "reason": r.Reason,
		"transaction_id": r.TransactionID, "rejected_reason": orNull(r.RejectedReason),
		"out_trade_no": r.OutTradeNo, "merchant_reference": orNull(r.MerchantReference),
	}
}

func refundHistories(refunds []Refund) []any {
	all := []any{}
	for _, refund := range refunds {
		all = append(all, history(refund))
	}
	return all
}

// finishRefund makes or rejects a pending refund, as the bank does.
func (s *Simulator) finishRefund(reference string, rejected string) bool {
	for _, account := range s.state.Accounts {
		order, refund := s.findRefund(account, func(r Refund) bool { return r.MerchantReference == reference })
		if refund == nil {
			continue
		}

		if rejected != "" {
			refund.RejectedReason = rejected
			order.Status = gateway.StatusSuccess
		} else {
			refund.Status = refundStatus(refund.Status == gateway.StatusPendingPartialRefund || refund.Status == gateway.StatusPartialRefunded, false)
			order.Status = refund.Status
		}

		s.notices.Send(s.refundNotice(*order, *refund))
		return s.save() == nil
	}

	return false
}
