package kess

import (
	"context"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// ClosePayment implements checkout.Closer: an order that still waits is closed
// (closeorder), then asked about again, since money may have come meanwhile.
func (p *Provider) ClosePayment(ctx context.Context, account checkout.Account, payment checkout.Payment) checkout.Answer {
	answer, found := p.queryOrder(ctx, account, payment)
	if answer.Verdict != checkout.VerdictPending || !found {
		return answer
	}

	access, err := gatewayAccountFor(account, payment)
	if err != nil {
		return checkout.Answer{Reason: "The KESS settings are not valid.", Cause: err}
	}

	var closed client.Order
	if err := p.client.Call(ctx, access, client.CloseOrder, client.Params{"out_trade_no": payment.Reference}, &closed); err != nil {
		p.log.Warn("close KESS order", "payment", payment.ID, "error", err)
	}

	return p.QueryPayment(ctx, account, payment)
}
