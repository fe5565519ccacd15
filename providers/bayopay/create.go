package bayopay

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/bayopay/internal/client"
)

// CreatePayment makes the form that the buyer's browser posts ("Request
// Parameters"). Nobody is called, so that with any error nothing is started.
func (p *Provider) CreatePayment(_ context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	s, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}
	if err := checkStart(s, start.Payment); err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	buyer, err := buyerOf(start.Customer)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	return checkout.Created{
		NextAction: checkout.NextAction{
			Kind: checkout.ActionFormPost, URL: s.GatewayURL, Fields: fieldsOf(s, start, buyer),
		},
	}, nil
}

// orderIDForm is the form of checkout.NewReference. It keeps the hashes
// unambiguous, which join their parts without separators: the length is fixed,
// and an id does not end in a digit that could belong to the amount.
var orderIDForm = regexp.MustCompile(`^[A-Za-z0-9]{19}[A-Za-z]$`)

func checkStart(s Settings, payment checkout.Payment) error {
	if !orderIDForm.MatchString(payment.Reference) {
		return errors.New("bayopay: the reference must be 20 letters and digits, the last one a letter")
	}
	if !slices.Contains(s.Currencies, payment.Amount.Currency) {
		return refuse("BP00007", "")
	}

	moreThan, lessThan := s.limitsIn(payment.Amount.Currency)
	missed, err := s.limits(payment.Amount)
	switch {
	case err != nil:
		return err
	case missed < 0:
		return refuse("BP00008", " It must be more than "+moreThan+".")
	case missed > 0:
		return refuse("BP00009", " It must be less than "+lessThan+".")
	}

	return nil
}

// refuse gives BayoPay's own code for what it would refuse.
func refuse(code, detail string) error {
	fault := faultOf(code)
	return &checkout.Refused{Code: code, Reason: fault.Merchant + detail, Buyer: fault.Buyer}
}

func fieldsOf(s Settings, start checkout.Start, buyer checkout.Customer) []checkout.FormField {
	payment := start.Payment
	amount, currency := payment.Amount.Fixed2(), string(payment.Amount.Currency)
	request := client.Request{NiagaID: s.NiagaID, Currency: currency, OrderID: payment.Reference, Amount: amount}
	return []checkout.FormField{
		{Name: "bayo_niagaid", Value: s.NiagaID},
		{Name: "bayo_channel", Value: s.Channel},
		{Name: "bayo_currency", Value: currency},
		{Name: "bayo_orderid", Value: payment.Reference},
		{Name: "bayo_amount", Value: amount},
		{Name: "bayo_name", Value: buyer.Name},
		{Name: "bayo_email", Value: buyer.Email},
		{Name: "bayo_mobile", Value: buyer.Phone},
		{Name: "bayo_description", Value: description(start)},
		{Name: "bayo_returnurl", Value: start.ReturnURL},
		{Name: "bayo_callbackurl", Value: start.CallbackURL},
		{Name: "bayo_reqhash", Value: request.Hash(s.NiagaKey.Reveal())},
	}
}

// description says what is bought without the characters that a web
// application firewall could block.
func description(start checkout.Start) string {
	text := []rune(plainText(start.Description, ".,-"))
	if len(text) == 0 {
		return "Order " + start.Payment.Reference
	}
	return strings.TrimSpace(string(text[:min(len(text), maxDescription)]))
}
