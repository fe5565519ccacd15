package checkout

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Differences names the fields of the merchant's request by which two sessions
// differ. The time to live is the same when it is as long or ends at the same
// moment: expires_in counts from each request, expires_at names the moment.
func (s Session) Differences(other Session) []string {
	expiry, sameExpiry := "expires_in", s.FirstExpiresAt.Equal(other.FirstExpiresAt)
	if s.endGiven {
		expiry = "expires_at"
	} else if s.FirstExpiresAt.Sub(s.CreatedAt) == other.FirstExpiresAt.Sub(other.CreatedAt) {
		sameExpiry = true
	}

	fields := []struct {
		name string
		same bool
	}{
		{"amount", s.Amount.Minor == other.Amount.Minor},
		{"currency", s.Amount.Currency == other.Amount.Currency},
		{"reference", s.Reference == other.Reference},
		{"success_url", s.SuccessURL == other.SuccessURL},
		{"cancel_url", s.CancelURL == other.CancelURL},
		{"description", s.Description == other.Description},
		{"line_items", slices.Equal(s.LineItems, other.LineItems)},
		{"customer.id", s.Customer.ID == other.Customer.ID},
		{"customer.name", s.Customer.Name == other.Customer.Name},
		{"customer.email", s.Customer.Email == other.Customer.Email},
		{"customer.phone", s.Customer.Phone == other.Customer.Phone},
		{"payment_methods", slices.Equal(s.PaymentMethods, other.PaymentMethods)},
		{"pay_currencies", slices.Equal(s.PayCurrencies, other.PayCurrencies) && (s.PayCurrencies == nil) == (other.PayCurrencies == nil)},
		{"locale", s.Locale == other.Locale},
		{expiry, sameExpiry},
		{"metadata", sameMetadata(s, other)},
	}

	var names []string
	for _, field := range fields {
		if !field.same {
			names = append(names, field.name)
		}
	}

	return names
}

func sameMetadata(s, other Session) bool {
	var a, b map[string]string
	_, _ = json.Unmarshal(s.Metadata, &a), json.Unmarshal(other.Metadata, &b) // absent is empty
	return maps.Equal(a, b)
}

// AgreesWith is the answer to a request for a session whose reference an open
// one has: nil when both are for the same, else what differs. Another buyer's
// session is never given.
func (s Session) AgreesWith(open Session) error {
	if open.LinkID != "" {
		return ErrReferenceInUse.about("An open session of a payment link, " + open.ID + ", has this reference.")
	}

	names := s.Differences(open)
	if len(names) == 0 {
		return nil
	}

	all := []error{ErrReferenceInUse.about("The open session " + open.ID + " has this reference and differs in " + strings.Join(names, ", ") +
		". Expire it first, or use another reference.")}
	for _, name := range names {
		one := *ErrReferenceInUse
		one.Param, one.Detail = name, name+" differs from the open session's."
		all = append(all, &one)
	}

	return errors.Join(all...)
}

func (e *Error) about(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}
