package bayopay

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"rieltime/checkout"
)

// The longest texts ("Request Parameters"), in characters. A description may
// have 64 kB; nobody reads that much.
const (
	maxName        = 128
	maxEmail       = 128
	maxMobile      = 32
	maxDescription = 255
)

// buyerOf brings the buyer's name, e-mail and phone into the form BayoPay
// takes. All three are mandatory.
func buyerOf(c checkout.Customer) (checkout.Customer, error) {
	name := plainText(c.Name, "")
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return checkout.Customer{}, refuseField("name", "The buyer's name must be 1 to 128 letters and digits.")
	}

	email := strings.TrimSpace(c.Email)
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > maxEmail || strings.ContainsAny(email, " \"<>") {
		return checkout.Customer{}, refuseField("email", "The buyer's e-mail address must be valid and have at most 128 characters.")
	}

	mobile, ok := mobileOf(c.Phone)
	if !ok {
		return checkout.Customer{}, refuseField("phone", "The buyer's phone number must be 6 to 32 digits.")
	}

	return checkout.Customer{Name: name, Email: email, Phone: mobile}, nil
}

func refuseField(field, reason string) error {
	return &checkout.Refused{
		Code: fieldReason(field), Reason: reason, Buyer: fieldReason(field),
	}
}

// mobileOf keeps the digits of a phone number: BayoPay takes letters and digits
// only.
func mobileOf(phone string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-. ()", r) {
			return -1
		}
		return r
	}, phone)
	return digits, len(digits) >= 6 && len(digits) <= maxMobile && strings.Trim(digits, "0123456789") == ""
}

// plainText keeps letters of any script, digits and the further characters
// allowed; each run of anything else becomes one blank.
func plainText(text, further string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r == utf8.RuneError || !(unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune(further, r))
	}), " ")
}
