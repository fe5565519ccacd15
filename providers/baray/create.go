package baray

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/client"
)

const (
	maxDescription = 200         // characters
	referenceParam = "reference" // in the address that the buyer returns to
)

// state is what later questions need, as Baray answered when the intent was
// created. The intent's id is missing when that answer was not what was asked
// for: then only the order can be asked about, and a proof names what Baray
// says that it is for.
type state struct {
	IntentID string            `json:"intent_id"`
	Amount   string            `json:"amount"`
	Currency checkout.Currency `json:"currency"`
	OrgID    string            `json:"org_id,omitempty"`
	Payee    string            `json:"payee,omitempty"` // empty: who was asked for
}

// CreatePayment creates an intent and compares the answer with what was asked.
// The call is not idempotent: it is never repeated. After an error that is no
// refusal Baray may have the intent, which is asked about by its order.
func (p *Provider) CreatePayment(ctx context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	settings, api, err := p.client(account)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	intent, err := api.Pay(ctx, orderOf(start))
	if err != nil {
		return checkout.Created{}, refusal(err)
	}

	differs := compare(intent, start.Payment, settings)
	saved, err := json.Marshal(stateOf(intent, settings, differs))
	if err != nil {
		return checkout.Created{}, fmt.Errorf("encode state: %w", err)
	}

	if differs != nil {
		p.log.WarnContext(ctx, "Baray answered with a different intent", "payment", start.Payment.ID, "error", differs)
		return checkout.Created{State: saved}, differs
	}

	return checkout.Created{
		ProviderID: intent.ID,
		NextAction: checkout.NextAction{Kind: checkout.ActionRedirect, URL: settings.PayURL + "/" + intent.ID},
		State:      saved,
	}, nil
}

// stateOf keeps what an answer says of the intent. Of one that differs from what
// was asked, the id may be another intent's.
func stateOf(intent client.Intent, s Settings, differs error) state {
	saved := state{IntentID: intent.ID, Amount: intent.Amount, Currency: checkout.Currency(intent.Currency), OrgID: intent.OrgID}
	if differs == nil {
		return saved
	}

	saved.IntentID = ""
	switch {
	case s.OrgID != "" && intent.OrgID != "" && intent.OrgID != s.OrgID:
		saved.OrgID, saved.Payee = s.OrgID, intent.OrgID
	case intent.Target != "" && intent.Target != s.Target:
		saved.Payee = intent.OrgID + " in " + intent.Target
	}

	return saved
}

func orderOf(start checkout.Start) client.Order {
	amount := start.Payment.Amount
	order := client.Order{
		Amount: amount.Fixed2(), Currency: string(amount.Currency),
		OrderID: start.Payment.Reference, CustomSuccessURL: returnURL(start),
	}
	if text := []rune(strings.TrimSpace(start.Description)); len(text) > 0 {
		name := string(text[:min(len(text), maxDescription)])
		order.OrderDetails = &client.OrderDetails{Items: []client.Item{{Name: name, Price: json.Number(amount.Fixed2())}}}
	}
	return order
}

// returnURL is where Baray sends the buyer back, naming the payment for
// ReadCallback.
func returnURL(start checkout.Start) string {
	return start.ReturnURL + "?" + url.Values{referenceParam: {start.Payment.Reference}}.Encode()
}

// compare says how an intent differs from what was asked.
func compare(intent client.Intent, payment checkout.Payment, s Settings) error {
	amount, err := checkout.ParseDecimal(intent.Amount, checkout.Currency(intent.Currency))
	switch {
	case err != nil:
		return fmt.Errorf("the intent has an invalid amount %q: %w", intent.Amount, err)
	case amount != payment.Amount:
		return fmt.Errorf("the intent is for %s, not %s", amount, payment.Amount)
	case intent.OrderID != payment.Reference:
		return fmt.Errorf("the intent is for order %q, not %q", intent.OrderID, payment.Reference)
	case intent.Target != s.Target:
		return fmt.Errorf("the intent is for target %q, not %q", intent.Target, s.Target)
	case s.OrgID != "" && intent.OrgID != s.OrgID:
		return fmt.Errorf("the intent is for organization %q, not %q", intent.OrgID, s.OrgID)
	case !isIntentID(intent.ID):
		return fmt.Errorf("the intent has no usable id: %q", intent.ID)
	}

	return nil
}

// isIntentID keeps whatever would change the pay page's address out of it.
func isIntentID(id string) bool {
	return id != "" && len(id) <= 100 && strings.IndexFunc(id, func(r rune) bool {
		return r > unicode.MaxASCII || (r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) < 0
}

// refusal finds Baray's definite no: a documented error status with a text.
func refusal(err error) error {
	var answer *client.Error
	if !errors.As(err, &answer) || answer.Text == "" {
		return err
	}
	switch answer.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity:
		return &checkout.Refused{Code: fmt.Sprint(answer.Status), Reason: safe(answer.Text), Buyer: buyerReason(answer.Text)}
	}
	return err
}

// safe keeps the printable beginning of a provider's text.
func safe(text string) string {
	printable := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text))
	return string(printable[:min(len(printable), maxDescription)])
}
