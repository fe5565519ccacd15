package kess

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/gateway"
)

// cardMethod is what a kept card pays.
const cardMethod = "VISA_MASTER"

// hostedState is kept with a hosted payment.
type hostedState struct {
	Customer string `json:"customer"` // the merchant's id of the buyer
}

// cardName is a customer's card in the vault.
func cardName(customer string) string { return "card of " + customer }

// keptCardLink is where an order is paid with the card that KESS has kept for
// a customer, {base}/ccpay/{token}?card_token={card token} (document, "Visa
// Token"); empty when there is none.
func (p *Provider) keptCardLink(ctx context.Context, access gateway.Account, order gateway.Order, customer string) string {
	if customer == "" || p.vault == nil {
		return ""
	}
	card, err := p.vault.Get(ctx, access.ID, cardName(customer))
	if err != nil {
		if !errors.Is(err, checkout.ErrNotFound) {
			p.log.Warn("KESS card not read", "account", access.ID, "error", err)
		}
		return ""
	}
	return access.BaseURL + "/ccpay/" + url.PathEscape(order.Token) + "?" + url.Values{"card_token": {card.Reveal()}}.Encode()
}

// withoutCard takes a card's token out of an answer that is kept as proof.
func withoutCard(raw json.RawMessage, token checkout.Secret) json.RawMessage {
	if token == "" {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte(token.Reveal()), []byte(token.String()))
}

// keepCard keeps the token of the card that a paid order tells of
// (card_info.card_token) for the customer who paid. Losing one only means that
// the card is entered again.
func (p *Provider) keepCard(ctx context.Context, account checkout.Account, payment checkout.Payment, token checkout.Secret) {
	var state hostedState
	if token == "" || p.vault == nil || len(payment.State) == 0 || json.Unmarshal(payment.State, &state) != nil || state.Customer == "" {
		return
	}
	if err := p.vault.Put(ctx, account.ID, cardName(state.Customer), token); err != nil {
		p.log.Warn("KESS card not kept", "account", account.ID, "error", err)
	}
}
