package kess

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// refundable are the methods that KESS gives money back for (document,
// "Refund").
var refundable = []string{cardMethod, "WING", "ACLBKHPP", "WECHAT", "ALIPAY"}

// CanRefund implements checkout.Refunder. On the hosted page the buyer chooses the
// method, which only KESS's answer names; where it names none, KESS is left to
// say.
func (p *Provider) CanRefund(payment checkout.Payment) bool {
	method := paidBy(payment)
	return method == "" || slices.Contains(refundable, method)
}

// paidBy is the BIC of the method that a payment was paid with; empty when it
// is not known.
func paidBy(payment checkout.Payment) string {
	var order struct {
		Detail struct {
			Method string `json:"payment_method_bic"`
		} `json:"payment_detail"`
	}
	if payment.Proof != nil {
		_ = json.Unmarshal(payment.Proof.Raw, &order) // what is not there stays empty
	}

	if order.Detail.Method != "" {
		return order.Detail.Method
	}

	chosen, _ := strings.CutPrefix(payment.Method, Name+":")
	switch chosen {
	case Name:
		return ""
	case savedMethod:
		return cardMethod
	}

	return chosen
}

// Refund implements checkout.Refunder with v2Refund: a part of what was paid, or all
// of it. Where its answer does not come, the refund is asked about by our
// reference.
func (p *Provider) Refund(ctx context.Context, account checkout.Account, payment checkout.Payment, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	access, err := gatewayAccountFor(account, payment)
	if err != nil {
		return checkout.RefundAnswer{}, err
	}

	params := client.Params{
		"out_trade_no":       payment.Reference,
		"reason":             refundReason(refund.Reason),
		"merchant_reference": refund.Reference,
	}
	if refund.CallbackURL != "" {
		params["callback_url"] = refund.CallbackURL
	}

	if payment.Proof == nil || refund.Amount != payment.Proof.Amount { // without an amount KESS gives back all that it got
		params["partial_refund_amount"] = json.Number(refund.Amount.Decimal())
		params["partial_refund_amount_ccy"] = string(refund.Amount.Currency)
	}

	var raw json.RawMessage
	err = p.client.Call(ctx, access, client.Refund, params, &raw)
	if err == nil {
		return readRefund(raw, refund)
	}
	if errors.Is(err, client.Failed(client.CodeValidationError)) || errors.Is(err, client.Failed(client.CodeNotFound)) {
		return checkout.RefundAnswer{}, refusal(err)
	}

	answer, queryErr := p.QueryRefund(ctx, account, payment, refund)
	switch {
	case queryErr == nil && answer.Verdict != checkout.VerdictClosed:
		return answer, nil
	case queryErr == nil && errors.Is(err, client.Failed(client.CodeProcessFailed)):
		return checkout.RefundAnswer{}, refusal(err)
	}

	return checkout.RefundAnswer{}, err
}

func refundReason(reason string) string {
	return cmp.Or(plainText(reason), "Requested by the merchant")
}

// QueryRefund implements checkout.Refunder with queryRefund, by our reference.
func (p *Provider) QueryRefund(ctx context.Context, account checkout.Account, payment checkout.Payment, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	access, err := gatewayAccountFor(account, payment)
	if err != nil {
		return checkout.RefundAnswer{}, err
	}

	var raw json.RawMessage
	err = p.client.Call(ctx, access, client.QueryRefund, client.Params{"merchant_reference": refund.Reference}, &raw)
	if errors.Is(err, client.Failed(client.CodeNotFound)) {
		return checkout.RefundAnswer{Verdict: checkout.VerdictClosed, Reason: "KESS does not know this refund."}, nil
	}
	if err != nil {
		return checkout.RefundAnswer{}, err
	}

	return readRefund(raw, refund)
}

// readRefund translates refund_histories, once it is the refund asked for.
func readRefund(raw json.RawMessage, refund checkout.RefundOrder) (checkout.RefundAnswer, error) {
	var history client.RefundHistory
	if err := json.Unmarshal(raw, &history); err != nil {
		return checkout.RefundAnswer{}, fmt.Errorf("read refund: %w", err)
	}

	amount, err := checkout.ParseDecimal(history.Amount.String(), refund.Amount.Currency)
	if err != nil || amount != refund.Amount || history.Currency != string(refund.Amount.Currency) ||
		(history.MerchantReference != "" && history.MerchantReference != refund.Reference) {
		return checkout.RefundAnswer{}, errors.New("KESS answered about another refund")
	}

	answer := checkout.RefundAnswer{ProviderID: history.TransactionID, Raw: raw}
	status := client.NormalStatus(history.Status)
	switch {
	case history.RejectedReason != "":
		answer.Verdict, answer.Reason = checkout.VerdictFailed, history.RejectedReason
	case client.RefundDone(status):
		answer.Verdict = checkout.VerdictPaid
	case client.RefundPending(status):
		answer.Verdict, answer.Reason = checkout.VerdictPending, "The bank can take up to 15 days."
	default:
		answer.Reason = "KESS answered with an unknown status: " + status
	}

	return answer, nil
}
