package kess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// QueryPayment implements checkout.Querier with queryOrder. Only SUCCESS proves the
// whole amount; a refunded order proves what is left of it, which the service
// puts under review. CLOSED is VerdictFailed, not VerdictClosed: KESS uses it for "closed,
// failed, or expired" alike, so the order stays watched for late money.
func (p *Provider) QueryPayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	answer, _ := p.queryOrder(ctx, account, payment)
	return answer
}

// queryOrder also reports whether KESS has the order.
func (p *Provider) queryOrder(ctx context.Context, account checkout.Account, payment checkout.Payment) (answer checkout.Answer, found bool) {
	access, err := gatewayAccountFor(account, payment)
	if err != nil {
		return checkout.Answer{Reason: "The KESS settings are not valid.", Cause: err}, false
	}

	var raw json.RawMessage
	err = p.client.Call(ctx, access, client.QueryOrder, client.Params{"out_trade_no": payment.Reference}, &raw)
	if err != nil {
		return p.unknown(err, account, payment), false
	}

	var order client.Order
	if err := json.Unmarshal(raw, &order); err != nil {
		return checkout.Answer{Odd: true, Reason: "KESS's answer could not be understood.", Cause: err}, false
	}
	if raw, err = withoutCard(raw); err != nil {
		return checkout.Answer{Odd: true, Reason: "KESS's answer could not be understood.", Cause: err}, false
	}
	if err := sameOrder(order, payment, access); err != nil {
		return checkout.Answer{Odd: true, Reason: "KESS answered about another order.", Cause: err}, false
	}

	answer = p.judge(order, raw)
	if answer.Verdict == checkout.VerdictPaid {
		p.saveUsedCard(ctx, account, payment, order.Card)
	}

	return answer, true
}

// pauseLogin is how long an account whose login KESS refuses is left alone: more
// tries could lock it.
const pauseLogin = 30 * time.Second

// unknown reads an error of queryOrder. Not found is "not yet" while we do not
// know that the order was made; afterwards, or asked by the settings of another
// seller, it makes no sense.
func (p *Provider) unknown(err error, account checkout.Account, payment checkout.Payment) checkout.Answer {
	_, now, _ := gatewayAccount(account)
	ours := len(payment.Payees) == 0 || payment.Payees[0] == now.SellerCode
	if errors.Is(err, client.Failed(client.CodeNotFound)) && payment.ProviderID == "" && ours {
		return checkout.Answer{Verdict: checkout.VerdictPending, Reason: "KESS does not know this order."}
	}

	answer := checkout.Answer{Reason: "KESS gave no usable answer.", Cause: err}
	var refused *client.Error
	if errors.As(err, &refused) {
		answer.PauseUntil, answer.Odd = refused.RetryAt, refused.AboutCall()
		if refused.LoginRefused() {
			answer.PauseUntil = p.now().Add(pauseLogin)
		}
	}

	return answer
}

func (p *Provider) judge(order client.Order, raw json.RawMessage) checkout.Answer {
	status := client.NormalStatus(order.Status)
	if client.Refunded(status) {
		answer := p.paid(order, raw, remaining)
		if answer.Verdict == checkout.VerdictPaid {
			answer.Reason = "The order was paid and then refunded at KESS (" + status + ")."
		}
		return answer
	}

	if status != client.StatusSuccess && lastCode(order) == waitsForFinal {
		return checkout.Answer{Verdict: checkout.VerdictProcessing, Reason: "The card's bank has not reported the outcome to KESS yet."}
	}

	switch status {
	case client.StatusWaiting: // after a declined card too: the order takes another
		code, reason := failure(order)
		return checkout.Answer{Verdict: checkout.VerdictPending, Code: code, Reason: reason}
	case client.StatusSuccess:
		return p.paid(order, raw, total)
	case client.StatusClosed, client.StatusExpired:
		code, reason := failure(order)
		if code == "" {
			code, reason = expired, "The order is closed at KESS."
		}
		return checkout.Answer{Verdict: checkout.VerdictFailed, Code: code, Reason: reason}

	case client.StatusFailed, client.StatusVoid, client.StatusReversal:
		code, reason := failure(order)
		if code == "" {
			code, reason = declined, "The payment failed at KESS ("+status+")."
		}
		return checkout.Answer{Verdict: checkout.VerdictFailed, Code: code, Reason: reason}

	default:
		return checkout.Answer{Odd: true, Reason: "KESS answered with an unknown status.", Cause: fmt.Errorf("status %q", order.Status)}
	}
}

// total is the order's amount.
func total(order client.Order) (checkout.Money, error) {
	currency, err := checkout.ParseCurrency(order.Currency)
	if err != nil {
		return checkout.Money{}, err
	}
	return checkout.ParseDecimal(order.TotalAmount.String(), currency)
}

// remaining is what is left of a refunded order's amount.
func remaining(order client.Order) (checkout.Money, error) {
	left, err := total(order)
	if err != nil {
		return checkout.Money{}, err
	}

	if status := client.NormalStatus(order.Status); status == client.StatusRefunded || status == client.StatusPendingRefunded {
		left.Minor = 0
		return left, nil
	}

	if len(order.Refunds) == 0 {
		return checkout.Money{}, errors.New("the partly refunded order has no refunds")
	}

	for _, refund := range order.Refunds {
		if refund.RejectedReason != "" {
			continue
		}

		part, err := checkout.ParseDecimal(refund.Amount.String(), left.Currency)
		if err != nil || refund.Currency != order.Currency {
			return checkout.Money{}, fmt.Errorf("invalid refund of %s %s", refund.Amount, refund.Currency)
		}

		left.Minor = max(0, left.Minor-part.Minor)
	}

	return left, nil
}

// paid makes the proof. TransactionID is KESS's transaction_id, or the order's
// token while there is none.
func (p *Provider) paid(order client.Order, raw json.RawMessage, amount func(client.Order) (checkout.Money, error)) checkout.Answer {
	money, err := amount(order)
	if err != nil {
		return checkout.Answer{Odd: true, Reason: "KESS answered with an invalid amount.", Cause: err}
	}

	id := order.TransactionID
	if id == "" {
		id = order.Token
	}

	if id == "" {
		return checkout.Answer{Odd: true, Reason: "KESS's answer contains no transaction.", Cause: errMismatch}
	}

	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &checkout.Proof{
		Provider: Name, Source: checkout.SourceQuery, Reference: order.OutTradeNo, Payee: order.Seller.Code,
		Amount: money, TransactionID: id, PaidAt: client.Time(order.PaidAt), SeenAt: p.now(), Raw: raw,
	}}
}

// failure finds why an order failed by the card network's code: a reason key
// and the merchant's sentence.
func failure(order client.Order) (code, reason string) {
	network := lastCode(order)
	code, ok := reasonKeys[network]
	if !ok {
		return "", ""
	}
	return code, "The card payment failed: " + network + "."
}

// lastCode is the last of the card network's codes in an order's error log
// (document, "Redirect Url", "Note").
func lastCode(order client.Order) string {
	var logs []struct {
		GatewayCode string `json:"gatewayCode"`
	}
	if json.Unmarshal(order.ErrorLogs, &logs) != nil || len(logs) == 0 {
		return ""
	}
	return logs[len(logs)-1].GatewayCode
}
