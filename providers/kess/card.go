package kess

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const (
	// cardMethod is what a new card pays.
	cardMethod = "VISA_MASTER"
	// savedMethod is what a saved card pays; it is no BIC of KESS's.
	savedMethod = "SAVED_CARD"
)

// hostedState is kept with a hosted payment of a customer.
type hostedState struct {
	Customer string `json:"customer"`       // the merchant's id of the buyer
	Save     bool   `json:"save,omitempty"` // the buyer wants the card saved
}

// savedCard is what the vault keeps of a customer's card. No card number is
// in it.
type savedCard struct {
	Token  string `json:"token"`
	Scheme string `json:"scheme,omitempty"`
	Ending string `json:"ending,omitempty"`
	// Merchant is whose card it is at KESS; another seller, or another gateway,
	// knows nothing of it.
	Merchant string `json:"merchant"`
}

// savedCardName is a customer's card in the vault; savingName is the token of
// the page on which one is being saved.
func savedCardName(customer string) string { return "card of " + customer }
func savingName(customer string) string    { return "card page of " + customer }

var lastDigits = regexp.MustCompile(`[0-9]{4}$`)

func (p *Provider) savedCard(ctx context.Context, account checkout.Account, customer string) (savedCard, error) {
	if p.vault == nil {
		return savedCard{}, checkout.ErrNotFound
	}

	kept, err := p.vault.Get(ctx, account.ID, savedCardName(customer))
	if err != nil {
		return savedCard{}, err
	}

	var card savedCard
	if err := json.Unmarshal([]byte(kept.Reveal()), &card); err != nil {
		return savedCard{}, fmt.Errorf("read saved card: %w", err)
	}

	merchant, err := merchantOf(account)
	if err == nil && card.Merchant != merchant {
		err = checkout.ErrNotFound
	}

	return card, err
}

// merchantOf names whose cards an account's are.
func merchantOf(account checkout.Account) (string, error) {
	_, access, err := gatewayAccount(account)
	return access.BaseURL + " " + access.SellerCode, err
}

func (p *Provider) keepCard(ctx context.Context, account checkout.Account, customer string, card savedCard) error {
	merchant, err := merchantOf(account)
	if err != nil {
		return err
	}
	card.Merchant = merchant
	text, err := json.Marshal(card)
	if err != nil {
		return err
	}
	return p.vault.Put(ctx, account.ID, savedCardName(customer), checkout.Secret(text))
}

// SavedCard implements checkout.CardSaver.
func (p *Provider) SavedCard(ctx context.Context, account checkout.Account, customer string) (checkout.Method, error) {
	card, err := p.savedCard(ctx, account, customer)
	if err != nil {
		return checkout.Method{}, err
	}
	return checkout.Method{
		ID: Name + ":" + savedMethod, Provider: Name, Name: card.name(), CardEnding: card.ending(), Icon: icons[cardMethod], Kind: checkout.ActionRedirect,
	}, nil
}

func (c savedCard) name() string {
	if c.Scheme == "" {
		return "Visa/Master Card"
	}
	return c.Scheme
}

// ending is never empty: it identifies a saved card to its owner.
func (c savedCard) ending() string {
	if c.Ending == "" {
		return "••••"
	}
	return c.Ending
}

// SaveCard implements checkout.CardSaver with saveCard.
func (p *Provider) SaveCard(ctx context.Context, account checkout.Account, saving checkout.CardSaving) (string, error) {
	_, access, err := gatewayAccount(account)
	if err != nil {
		return "", err
	}

	var answer struct {
		Link string `json:"link"`
	}
	err = p.client.Call(ctx, access, client.SaveCard, client.Params{
		"seller_code": access.SellerCode, "notify_url": saving.CallbackURL, "redirect_url": saving.ReturnURL,
	}, &answer)
	if err != nil {
		return "", err
	}

	link := pageLink(access, answer.Link)
	page, err := url.Parse(link)
	if err != nil || page.Query().Get("token") == "" {
		return "", errors.New("KESS gave no link to save a card")
	}

	token := checkout.Secret(page.Query().Get("token"))
	return link, p.vault.Put(ctx, account.ID, savingName(saving.CustomerID), token)
}

// TakeCard implements checkout.CardSaver. The document leaves the notice blank;
// this reads it as the order's notice is read, with the token of the link that
// saveCard gave and the fields of card_info, flat, because the sign covers
// nothing that is nested. Each page saves one card, once.
func (p *Provider) TakeCard(ctx context.Context, account checkout.Account, customer string, message checkout.Message) (string, error) {
	params, err := readNotice(account, message)
	if err != nil {
		return "", err
	}

	page, err := p.vault.Get(ctx, account.ID, savingName(customer))
	if err != nil {
		return "", fmt.Errorf("no card is being saved: %w", err)
	}
	if token := params.Text("token"); token == "" || !page.Equal(token) {
		return "", errors.New("the notice is about another page")
	}

	card := client.CardInfo{
		Token: checkout.Secret(params.Text("card_token")), Scheme: params.Text("scheme"), AccountNumber: params.Text("account_number"),
	}
	if status := client.NormalStatus(params.Text("status")); card.Token == "" || (status != "" && status != client.StatusSuccess) {
		return "", errors.New("the notice contains no saved card")
	}
	if err := p.keepCard(ctx, account, customer, toSave(card)); err != nil {
		return "", err
	}

	return reply, p.vault.Delete(ctx, account.ID, savingName(customer))
}

func toSave(card client.CardInfo) savedCard {
	return savedCard{
		Token: card.Token.Reveal(), Scheme: schemeName(card.Scheme), Ending: lastDigits.FindString(card.AccountNumber),
	}
}

// schemeName is how a card network writes its name.
func schemeName(scheme string) string {
	switch strings.ToUpper(strings.TrimSpace(scheme)) {
	case "VISA":
		return "Visa"
	case "MASTERCARD", "MASTER":
		return "Mastercard"
	}
	return ""
}

// RemoveCard implements checkout.CardSaver. The document has no call to make KESS
// forget a card: only its token is forgotten, without which it cannot be used.
func (p *Provider) RemoveCard(ctx context.Context, account checkout.Account, customer string) error {
	return p.vault.Delete(ctx, account.ID, savedCardName(customer))
}

// FillAction implements checkout.ActionFiller: an order is paid with a saved card
// at {base}/ccpay/{order token}?card_token={card token} (document, "Visa
// Token"). Once the card is removed, the order's own link takes another.
func (p *Provider) FillAction(ctx context.Context, account checkout.Account, payment checkout.Payment) (checkout.NextAction, error) {
	action := payment.NextAction
	if payment.Method != Name+":"+savedMethod || action.Kind != checkout.ActionRedirect {
		return action, nil
	}

	_, access, err := gatewayAccount(account)
	if err != nil {
		return checkout.NextAction{}, err
	}

	var state hostedState
	if err := json.Unmarshal(payment.State, &state); err != nil {
		return checkout.NextAction{}, err
	}

	card, err := p.savedCard(ctx, account, state.Customer)
	if errors.Is(err, checkout.ErrNotFound) {
		return action, nil
	}

	action.URL = access.BaseURL + "/ccpay/" + url.PathEscape(payment.ProviderID) + "?" + url.Values{"card_token": {card.Token}}.Encode()
	return action, err
}

// withoutCard takes the tokens of cards out of an answer that is kept as proof,
// wherever and of whatever type they are.
func withoutCard(raw json.RawMessage) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var answer any
	if err := decoder.Decode(&answer); err != nil {
		return nil, err
	}
	redactCards(answer)
	return json.Marshal(answer)
}

func redactCards(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			redactCards(element)
		}

	case map[string]any:
		for name, member := range value {
			link, _ := member.(string)
			if (strings.EqualFold(name, "card_token") && member != nil) || strings.Contains(link, "card_token=") {
				value[name] = checkout.Secret("")
				continue
			}

			redactCards(member)
		}
	}
}

// saveUsedCard saves the card that a paid order contains, for the customer who
// asked for that. Losing one only means that the card is entered again.
func (p *Provider) saveUsedCard(ctx context.Context, account checkout.Account, payment checkout.Payment, card client.CardInfo) {
	var state hostedState
	if card.Token == "" || p.vault == nil || len(payment.State) == 0 || json.Unmarshal(payment.State, &state) != nil || !state.Save {
		return
	}
	if err := p.keepCard(ctx, account, state.Customer, toSave(card)); err != nil {
		p.log.Warn("KESS card not saved", "account", account.ID, "error", err)
	}
}
