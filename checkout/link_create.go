package checkout

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// LinkParams is a merchant's request for a payment link, as text.
type LinkParams struct {
	Amount, AmountMin, AmountMax string
	Currency                     string
	Description                  string
	ReferencePrefix              string
	SuccessURL, CancelURL        string
	PaymentMethods               []string
	PayCurrencies                []string // nil: as the merchant's settings say
	Locale                       string
	MaxUses                      *int
	ExpiresAt                    *string // RFC 3339
	CustomFields                 []CustomField
}

// Bounds of a link.
const (
	defaultReference = "link"
	maxPrefix        = 40
	maxUses          = 1_000_000
	maxCustomFields  = 5
	maxLabel         = 100
	maxFieldMax      = 500
)

var fieldKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// newLink reports every wrong field.
func newLink(params LinkParams, merchant Merchant, mode Mode, now time.Time) (Link, error) {
	link := Link{
		MerchantID: merchant.ID, Mode: mode, Active: true, Description: params.Description, ReferencePrefix: cmp.Or(params.ReferencePrefix, defaultReference),
		SuccessURL: params.SuccessURL, CancelURL: params.CancelURL, PaymentMethods: params.PaymentMethods,
		Locale: params.Locale, CustomFields: params.CustomFields, CreatedAt: now,
	}

	steps := []func() error{
		func() error { return link.parseAmounts(params) },
		func() (err error) {
			link.PayCurrencies, err = parsePayCurrencies(params.PayCurrencies, link.Currency)
			return err
		},
		func() error { return link.checkTexts() },
		func() error { return link.checkURLs(merchant) },
		func() error { return link.parseBounds(params, now) },
		func() error { return link.checkFields() },
	}

	var wrong []error
	for _, step := range steps {
		wrong = append(wrong, step())
	}

	return link, errors.Join(wrong...)
}

func (l *Link) parseAmounts(params LinkParams) (err error) {
	if l.Currency, err = parseCurrency(params.Currency); err != nil {
		return err
	}

	bounds := params.AmountMin != "" || params.AmountMax != ""
	switch {
	case params.Amount != "" && bounds:
		return Invalidf("amount", "amount_conflict", "Give amount, or amount_min and amount_max, not both.")
	case params.Amount == "" && !bounds:
		return Invalidf("amount", "amount_missing", "amount is required, or amount_min and amount_max.")
	case bounds && (params.AmountMin == "" || params.AmountMax == ""):
		return Invalidf("amount_min", "amount_range_invalid", "Give both amount_min and amount_max.")
	}

	for _, field := range []struct {
		param, text string
		into        *Money
	}{{"amount", params.Amount, &l.Amount}, {"amount_min", params.AmountMin, &l.Least}, {"amount_max", params.AmountMax, &l.Most}} {
		if field.text == "" {
			continue
		}
		if *field.into, err = parseMoney(field.param, field.text, l.Currency); err != nil {
			return err
		}
	}

	if l.Least.Minor > l.Most.Minor {
		return Invalidf("amount_min", "amount_range_invalid", "amount_min is more than amount_max.")
	}

	return nil
}

func (l *Link) checkTexts() error {
	description := checkText("description", l.Description, maxDescription)
	if blank(l.Description) {
		description = Invalidf("description", "description_missing", "description is required: what buyers pay for.")
	}
	return errors.Join(description, checkText("reference_prefix", l.ReferencePrefix, maxPrefix), checkLocale(l.Locale))
}

func (l *Link) checkURLs(merchant Merchant) error {
	var wrong []error
	for _, address := range []struct{ param, text string }{{"success_url", l.SuccessURL}, {"cancel_url", l.CancelURL}} {
		if address.text != "" {
			wrong = append(wrong, checkReturnURL(address.param, address.text, merchant, l.Mode))
		}
	}
	return errors.Join(wrong...)
}

func (l *Link) parseBounds(params LinkParams, now time.Time) error {
	if params.MaxUses != nil {
		if *params.MaxUses < 1 || *params.MaxUses > maxUses {
			return Invalidf("max_uses", "max_uses_invalid", "max_uses must be from 1 to %d.", maxUses)
		}
		l.MaxUses = *params.MaxUses
	}

	if params.ExpiresAt == nil {
		return nil
	}

	expires, err := time.Parse(time.RFC3339, *params.ExpiresAt)
	if err != nil || !expires.After(now) || expires.Year() > 9999 {
		return Invalidf("expires_at", "expires_at_invalid", "expires_at must be a time in the future such as 2030-01-31T17:00:00Z; leave it out for none.")
	}

	l.ExpiresAt = expires.UTC().Truncate(time.Millisecond)
	return nil
}

func (l *Link) checkFields() error {
	if len(l.CustomFields) > maxCustomFields {
		return Invalidf("custom_fields", "custom_fields_invalid", "custom_fields has more than %d fields.", maxCustomFields)
	}

	seen := map[string]bool{}
	for i, field := range l.CustomFields {
		path := fmt.Sprintf("custom_fields[%d]", i)
		switch {
		case field.Key == "":
			return Invalidf(path+".key", "field_key_missing", "%s.key is required.", path)
		case blank(field.Label):
			return Invalidf(path+".label", "field_label_missing", "%s.label is required.", path)
		case !fieldKey.MatchString(field.Key) || seen[field.Key]:
			return Invalidf(path+".key", "custom_fields_invalid", "%s.key must be lower-case letters, digits and _, and no other's.", path)
		case utf8.RuneCountInString(field.Label) > maxLabel:
			return Invalidf(path+".label", "custom_fields_invalid", "%s.label has more than %d characters.", path, maxLabel)
		case field.MaxLength < 1 || field.MaxLength > maxFieldMax:
			return Invalidf(path+".max_length", "custom_fields_invalid", "%s.max_length must be from 1 to %d.", path, maxFieldMax)
		}

		if err := checkText(path+".label", field.Label, maxLabel); err != nil {
			return err
		}

		seen[field.Key] = true
	}

	return nil
}

// session is what a buyer's choice makes. The params of its errors are "amount"
// and "fields.KEY".
func (l Link) session(choice LinkChoice, now time.Time) (Session, error) {
	if l.Ended(now) {
		return Session{}, ErrLinkEnded
	}

	amount := l.Amount
	if amount.Minor == 0 {
		var err error
		if amount, err = ParseMoney(choice.Amount, l.Currency); err != nil {
			return Session{}, Invalidf("amount", "amount_invalid", "amount %v.", err)
		}
		if amount.Minor < l.Least.Minor || amount.Minor > l.Most.Minor {
			return Session{}, Invalidf("amount", "amount_out_of_bounds", "amount must be from %s to %s.", l.Least, l.Most)
		}
	}

	metadata, err := l.answers(choice.Fields)
	if err != nil {
		return Session{}, err
	}

	return Session{
		ID: NewID(sessionPrefix), MerchantID: l.MerchantID, Mode: l.Mode, Status: SessionOpen, LinkID: l.ID,
		Amount: amount, Reference: l.ReferencePrefix + "-" + randomText(12), Description: l.Description,
		SuccessURL: l.SuccessURL, CancelURL: l.CancelURL, PaymentMethods: l.PaymentMethods, PayCurrencies: l.PayCurrencies, Locale: l.Locale,
		Metadata: metadata, CreatedAt: now, ExpiresAt: now.Add(DefaultSessionLife), FirstExpiresAt: now.Add(DefaultSessionLife), Version: 1,
	}, nil
}

func (l Link) answers(given map[string]string) (json.RawMessage, error) {
	answers := map[string]string{}
	for _, field := range l.CustomFields {
		answer := strings.TrimSpace(given[field.Key])
		param := "fields." + field.Key
		if blank(answer) {
			answer = ""
		}

		if answer == "" && field.Required {
			return nil, Invalidf(param, "field_missing", "%s is required.", field.Label)
		}
		if err := checkText(param, answer, field.MaxLength); err != nil {
			return nil, err
		}

		if answer != "" {
			answers[field.Key] = answer
		}
	}

	if len(answers) == 0 {
		return nil, nil
	}

	return json.Marshal(answers)
}
