package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// SessionParams is a merchant's request for a session, as text.
type SessionParams struct {
	Amount         string
	Currency       string
	Reference      string
	SuccessURL     string
	CancelURL      string
	Description    string
	LineItems      []LineItemParams
	Customer       Customer
	PaymentMethods []string
	PayCurrencies  []string // nil: as the merchant's settings say
	Locale         string
	ExpiresIn      *int    // seconds
	ExpiresAt      *string // RFC 3339, instead of ExpiresIn
	Metadata       map[string]string

	cashierID string // of a sale at a counter, whose buyer stays on the receipt
}

// LineItemParams is one line; Amount is for one piece, decimal text.
type LineItemParams struct {
	Name     string
	Quantity *int // nil: not given
	Amount   string
}

// Bounds of what a merchant may send.
const (
	maxReference   = 64
	maxDescription = 500
	maxURL         = 2048
	maxLineItems   = 100
	maxMetadata    = 50
	maxMetadataKey = 40
	maxText        = 255
)

// CreateSession makes an open session and stores it together with the result of the
// context's idempotent request; the error AlreadyCarriedOut has the result of one
// that was carried out before. For the parameters of a session that is open it
// returns that one, with Repeated set. Other parameters with the reference of an
// open session give ErrReferenceInUse.
func (s *Service) CreateSession(ctx context.Context, merchantID string, mode Mode, params SessionParams) (Session, error) {
	session, err := s.newCheckedSession(ctx, merchantID, mode, params)
	if err != nil {
		return Session{}, err
	}
	return s.store.InsertSession(ctx, session, IdempotentRequestOf(ctx), s.addresses)
}

// newCheckedSession makes a session that can be paid; the error reports every wrong
// field.
func (s *Service) newCheckedSession(ctx context.Context, merchantID string, mode Mode, params SessionParams) (Session, error) {
	merchant, err := s.store.Merchant(ctx, merchantID)
	if err != nil {
		return Session{}, err
	}

	session, wrong := newSession(params, merchant, mode, s.now())
	if err := s.lockRates(ctx, &session, merchant); err != nil {
		return Session{}, err
	}
	offered, err := s.payable(ctx, merchantID, mode, session.Payable()...)
	if err != nil {
		return Session{}, err
	}
	return session, errors.Join(wrong, offered.check(ctx, params.PaymentMethods))
}

// newSession reports every wrong field.
func newSession(params SessionParams, merchant Merchant, mode Mode, now time.Time) (Session, error) {
	session := Session{
		ID: NewID(sessionPrefix), MerchantID: merchant.ID, Mode: mode, Status: SessionOpen,
		Reference: params.Reference, Description: params.Description,
		Customer: params.Customer, SuccessURL: params.SuccessURL, CancelURL: params.CancelURL,
		PaymentMethods: params.PaymentMethods, Locale: params.Locale, CashierID: params.cashierID,
		CreatedAt: now, ExpiresAt: now.Add(DefaultSessionLife), FirstExpiresAt: now.Add(DefaultSessionLife), Version: 1,
	}

	var wrong []error
	for _, check := range []func(*Session, SessionParams, Merchant) error{parseAmounts, parseLife, checkTexts, checkURLs, checkCustomer, parseMetadata} {
		wrong = append(wrong, check(&session, params, merchant))
	}

	return session, errors.Join(wrong...)
}

// parseAmounts reads amounts as the currency writes them, so without one it
// reads none.
func parseAmounts(s *Session, params SessionParams, _ Merchant) error {
	currency, err := parseCurrency(params.Currency)
	if err != nil {
		return err
	}
	s.Amount, err = parseMoney("amount", params.Amount, currency)
	var wrong error
	s.PayCurrencies, wrong = parsePayCurrencies(params.PayCurrencies, currency)
	return errors.Join(err, wrong, s.parseItems(params.LineItems, currency))
}

func parseLife(s *Session, params SessionParams, _ Merchant) error {
	switch {
	case params.ExpiresIn != nil && params.ExpiresAt != nil:
		return Invalidf("expires_at", "expires_conflict", "Give expires_in or expires_at, not both.")
	case params.ExpiresAt != nil:
		return s.parseEnd(*params.ExpiresAt)
	case params.ExpiresIn == nil:
		return nil
	}

	seconds := *params.ExpiresIn // compared before it is multiplied, which could overflow
	if seconds < int(MinSessionLife/time.Second) || seconds > int(MaxSessionLife/time.Second) {
		return Invalidf("expires_in", "expires_in_invalid", "expires_in must be from 300 to 86400 seconds.")
	}

	s.ExpiresAt = s.CreatedAt.Add(time.Duration(seconds) * time.Second)
	s.FirstExpiresAt = s.ExpiresAt
	return nil
}

// parseEnd reads when the session is to expire, within the bounds of expires_in.
func (s *Session) parseEnd(text string) error {
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return Invalidf("expires_at", "expires_at_invalid", "expires_at must be a time such as 2030-01-31T17:00:00Z.")
	}
	end = end.UTC().Truncate(time.Millisecond) // as it is stored
	if end.Before(s.CreatedAt.Add(MinSessionLife)) || end.After(s.CreatedAt.Add(MaxSessionLife)) {
		return Invalidf("expires_at", "expires_at_invalid", "expires_at must be from 5 minutes to 24 hours ahead; here it is %s.", s.CreatedAt.UTC().Format(time.RFC3339))
	}
	s.ExpiresAt, s.FirstExpiresAt, s.endGiven = end, end, true
	return nil
}

func checkTexts(s *Session, _ SessionParams, _ Merchant) error {
	reference := checkText("reference", s.Reference, maxReference)
	if s.Reference == "" {
		reference = Invalidf("reference", "reference_missing", "reference is required: your own number for this purchase.")
	}
	return errors.Join(reference, checkText("description", s.Description, maxDescription), checkLocale(s.Locale))
}

func checkLocale(locale string) error {
	switch locale {
	case "", "km", "en", "zh":
		return nil
	}
	return Invalidf("locale", "locale_invalid", "locale must be km, en or zh.")
}

func checkURLs(s *Session, _ SessionParams, m Merchant) error {
	if s.CashierID != "" {
		return nil
	}
	return errors.Join(checkReturnURL("success_url", s.SuccessURL, m, s.Mode), checkReturnURL("cancel_url", s.CancelURL, m, s.Mode))
}

func checkReturnURL(param, text string, merchant Merchant, mode Mode) error {
	if text == "" {
		return Invalidf(param, "url_missing", "%s is required.", param)
	}

	parsed, err := checkWebURL(param, strings.ReplaceAll(text, "{CHECKOUT_SESSION_ID}", "x"), mode)
	if err != nil {
		return err
	}
	if !merchant.AllowsReturnTo(parsed.Host) {
		return Invalidf(param, "url_host_not_allowed", "%s is on %s, which is not one of the merchant's return hosts.", param, parsed.Host)
	}

	return nil
}

var customerID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func checkCustomer(s *Session, _ SessionParams, _ Merchant) error {
	wrong := s.Customer.check("customer.", false)
	if id := s.Customer.ID; id != "" && !customerID.MatchString(id) {
		return errors.Join(Invalidf("customer.id", "customer_id_invalid", "customer.id must be 1 to 64 letters, digits, dashes, dots or underscores."), wrong)
	}
	return wrong
}

// check looks at the form of what is given and reports every wrong field;
// complete demands them all.
func (c Customer) check(path string, complete bool) error {
	fields := []struct {
		name, value string
		max         int
		valid       func(string) bool
		form        string
	}{
		{"name", c.Name, 128, func(string) bool { return true }, ""},
		{"email", c.Email, 128, validEmail, "an address such as dara@example.com"},
		{"phone", c.Phone, 32, validPhone, "a number of 6 to 15 digits, such as +855 12 345 678"},
	}

	var wrong []error
	for _, f := range fields {
		switch {
		case f.value == "" && complete:
			wrong = append(wrong, Invalidf(path+f.name, f.name+"_missing", "%s is required.", f.name))
		case f.value == "":
		case blank(f.value):
			wrong = append(wrong, Invalidf(path+f.name, f.name+"_invalid", "%s has only blanks or invisible characters.", f.name))
		case checkText(path+f.name, f.value, f.max) != nil:
			wrong = append(wrong, checkText(path+f.name, f.value, f.max))
		case !f.valid(f.value):
			wrong = append(wrong, Invalidf(path+f.name, f.name+"_invalid", "%s must be %s.", f.name, f.form))
		}
	}

	return errors.Join(wrong...)
}

func validEmail(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s
}

var withoutPhonePunctuation = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "")

func validPhone(s string) bool {
	digits := withoutPhonePunctuation.Replace(strings.TrimPrefix(s, "+"))
	return allDigits(digits) && len(digits) >= 6 && len(digits) <= 15
}

func (s *Session) parseItems(items []LineItemParams, currency Currency) error {
	if len(items) > maxLineItems {
		return Invalidf("line_items", "line_items_invalid", "line_items has more than %d lines.", maxLineItems)
	}
	var wrong []error
	for i, params := range items {
		item, err := parseItem(fmt.Sprintf("line_items[%d].", i), params, currency)
		s.LineItems = append(s.LineItems, item)
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func parseItem(path string, params LineItemParams, currency Currency) (LineItem, error) {
	name := checkText(path+"name", params.Name, maxText)
	if params.Name == "" {
		name = Invalidf(path+"name", "name_missing", "%sname is required.", path)
	}

	quantity := 0
	var count error
	switch {
	case params.Quantity == nil:
		count = Invalidf(path+"quantity", "quantity_missing", "%squantity is required.", path)
	case *params.Quantity < 1 || *params.Quantity > 1_000_000:
		count = Invalidf(path+"quantity", "quantity_invalid", "%squantity must be from 1 to 1000000.", path)
	default:
		quantity = *params.Quantity
	}

	amount, err := parseMoney(path+"amount", params.Amount, currency)
	return LineItem{Name: params.Name, Quantity: quantity, Amount: amount}, errors.Join(name, count, err)
}

func parseMetadata(s *Session, params SessionParams, _ Merchant) error {
	if len(params.Metadata) > maxMetadata {
		return Invalidf("metadata", "metadata_invalid", "metadata has more than %d keys.", maxMetadata)
	}

	for key, value := range params.Metadata {
		switch {
		case !utf8.ValidString(key + value):
			return Invalidf("metadata", "metadata_invalid", "metadata must be valid UTF-8.")
		case blank(key) || utf8.RuneCountInString(key) > maxMetadataKey:
			return Invalidf("metadata", "metadata_invalid", "A key of metadata must have 1 to %d characters, at least one of them visible.", maxMetadataKey)
		case utf8.RuneCountInString(value) > maxDescription:
			return Invalidf("metadata", "metadata_invalid", "The value of metadata's key %q has more than %d characters.", key, maxDescription)
		}
	}

	if len(params.Metadata) > 0 {
		s.Metadata, _ = json.Marshal(params.Metadata) // a map of texts always encodes
	}

	return nil
}
