package kesssim

import "time"

// orderInfo returns the document's order_info. The lock is held.
func (s *Simulator) orderInfo(o Order) map[string]any {
	seller := o.SellerCode
	if alias, set := s.state.Aliases[o.Token]; set {
		seller = alias
	}

	info := map[string]any{
		"token": o.Token, "out_trade_no": o.OutTradeNo, "transaction_id": textOrNil(o.TransactionID), "body": o.Body,
		"total_amount": o.TotalAmount, "currency": o.Currency, "status": o.Status,
		"paid_at": timeOrNil(o.PaidAt), "settled_at": nil, "settlement_date": nil,
		"expired_at": timeOrNil(o.ExpiredAt), "created_at": timeOrNil(o.CreatedAt), "detail": []any{},
		"seller":         map[string]any{"code": seller, "display_name": s.state.Accounts[o.SellerCode].Name},
		"payment_detail": nil, "queue_number": "0001", "error_logs": []any{},
		"refund_histories": refundHistories(o.Refunds),
	}
	if o.Method != "" {
		info["payment_detail"] = map[string]any{"payment_method_bic": o.Method, "created_at": timeOrNil(o.CreatedAt)}
	}

	if o.FailCode != "" {
		info["error_logs"] = []any{map[string]any{"gatewayCode": o.FailCode, "acquirerMessage": failCodes[o.FailCode]}}
	}

	if o.CardToken != "" {
		info["card_info"] = cardInfo(o.CardToken)
	}

	return info
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func timeOrNil(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// refundInfo returns an entry of the document's refund_histories.
func refundInfo(r Refund) map[string]any {
	return map[string]any{
		"amount": r.Amount, "currency": r.Currency, "status": r.Status, "reason": r.Reason,
		"transaction_id": r.TransactionID, "rejected_reason": textOrNil(r.RejectedReason),
		"out_trade_no": r.OutTradeNo, "merchant_reference": textOrNil(r.MerchantReference),
	}
}

func refundHistories(refunds []Refund) []any {
	all := []any{}
	for _, refund := range refunds {
		all = append(all, refundInfo(refund))
	}
	return all
}

// cardInfo returns the document's card_info, of a made-up card.
func cardInfo(cardToken string) map[string]any {
	return map[string]any{
		"BIN": "411111", "scheme": "VISA", "card_token": cardToken, "swift_code": nil, "card_hashed": nil,
		"holder_name": nil, "account_logo": nil, "account_name": nil, "account_number": "411111******1111",
	}
}
