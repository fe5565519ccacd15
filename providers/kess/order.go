package kess

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

var errMismatch = errors.New("KESS answered with a different order")

// recover finds out what became of an order whose creation brought no usable
// answer, or that exists already (409): createorder must not be repeated. The
// document's answers to queryOrder have no payment_link; it is made as the
// document writes it ({baseUrl}/pay/{token}).
func (p *Provider) recover(ctx context.Context, access client.Account, payment checkout.Payment, cause error) (client.Order, error) {
	if errors.Is(cause, client.Failed(client.CodeValidationError)) || errors.Is(cause, client.Failed(client.CodeNotFound)) {
		return client.Order{}, refusal(cause)
	}
	if ctx.Err() != nil || checkout.IsNotStarted(cause) {
		return client.Order{}, cause
	}

	var order client.Order
	err := p.client.Call(ctx, access, client.QueryOrder, client.Params{"out_trade_no": payment.Reference}, &order)
	switch {
	case err == nil:
		if order.PaymentLink == "" && order.Token != "" {
			order.PaymentLink = access.BaseURL + "/pay/" + url.PathEscape(order.Token)
		}
		return order, nil

	case errors.Is(err, client.Failed(client.CodeNotFound)) && errors.Is(cause, client.Failed(client.CodeProcessFailed)):
		return client.Order{}, refusal(cause)
	}

	return client.Order{}, cause
}

// refusal is KESS's definite no.
func refusal(cause error) error {
	var refused *client.Error
	if !errors.As(cause, &refused) {
		return cause
	}
	return &checkout.Refused{Code: refused.Code, Reason: refused.Message, Buyer: tryOther}
}

// sameWaiting compares the order that KESS made with the one asked for.
func sameWaiting(order client.Order, payment checkout.Payment, access client.Account) error {
	if err := sameOrder(order, payment, access); err != nil {
		return err
	}
	if status := client.NormalStatus(order.Status); status != client.StatusWaiting {
		return fmt.Errorf("%w: its status is %q", errMismatch, status)
	}
	if order.Token == "" {
		return fmt.Errorf("%w: it has no token", errMismatch)
	}

	total, err := checkout.ParseDecimal(order.TotalAmount.String(), payment.Amount.Currency)
	if err != nil || total != payment.Amount || order.Currency != string(payment.Amount.Currency) {
		return fmt.Errorf("%w: it is for %s %s", errMismatch, order.TotalAmount, order.Currency)
	}

	return nil
}

// sameOrder compares whose order it is.
func sameOrder(order client.Order, payment checkout.Payment, access client.Account) error {
	if order.OutTradeNo != payment.Reference {
		return fmt.Errorf("%w: its out_trade_no is %q", errMismatch, order.OutTradeNo)
	}
	if order.Seller.Code != access.SellerCode {
		return fmt.Errorf("%w: its seller is %q", errMismatch, order.Seller.Code)
	}
	return nil
}

func created(order client.Order, action checkout.NextAction) checkout.Created {
	return checkout.Created{
		ProviderID: order.Token,
		NextAction: action, ExpiresAt: client.Time(order.ExpiredAt),
	}
}
