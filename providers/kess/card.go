package kess

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/gateway"
)

// SaveCard makes a link to KESS's page where a buyer enters a card to be kept
// there (saveCard). KESS tells the card's token to notifyURL; the card number
// never comes here. redirectURL may be empty.
func (p *Provider) SaveCard(ctx context.Context, account checkout.Account, notifyURL, redirectURL string) (string, error) {
	_, access, err := read(account)
	if err != nil {
		return "", err
	}
	params := gateway.Params{"notify_url": notifyURL}
	if redirectURL != "" {
		params["redirect_url"] = redirectURL
	}
	var saved struct {
		Link string `json:"link"`
	}
	if err := p.client.Call(ctx, access, gateway.SaveCard, params, &saved); err != nil {
		return "", fmt.Errorf("save card: %w", err)
	}
	link := safeLink(saved.Link, "https", "http")
	if link == "" {
		return "", errors.New("KESS gave no link to save a card")
	}
	return link, nil
}

// PayWithSavedCard turns a created hosted payment into the payment of it with a
// saved card: a redirect to {base}/ccpay/{token}?card_token={card token}
// (document, "Visa Token").
func (p *Provider) PayWithSavedCard(account checkout.Account, created checkout.Created, card checkout.Secret) (checkout.NextAction, error) {
	_, access, err := read(account)
	if err != nil {
		return checkout.NextAction{}, err
	}
	if created.ProviderID == "" || card == "" {
		return checkout.NextAction{}, errors.New("an order's token and a card's token are needed")
	}
	link := access.BaseURL + "/ccpay/" + url.PathEscape(created.ProviderID) + "?" + url.Values{"card_token": {card.Reveal()}}.Encode()
	return checkout.NextAction{Kind: checkout.ActionRedirect, URL: link}, nil
}
