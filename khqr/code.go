package khqr

import "time"

// Kind says which template names the payee.
type Kind uint8

const (
	Individual Kind = iota + 1 // tag 29: a Bakong account
	Merchant                   // tag 30: a Bakong account, a merchant id and its bank
)

// String returns "individual", "merchant" or "" for a code that names no payee.
func (k Kind) String() string {
	switch k {
	case Individual:
		return "individual"
	case Merchant:
		return "merchant"
	}
	return ""
}

// Currency is an ISO 4217 number as tag 53 holds it. Empty means KHR.
type Currency string

const (
	KHR Currency = "116" // Cambodian riel, whole amounts only
	USD Currency = "840" // United States dollar, at most two decimals
)

// Name returns the letters of ISO 4217, or the number itself where it is
// neither of the two that KHQR knows.
func (c Currency) Name() string {
	switch c {
	case KHR, "":
		return "KHR"
	case USD:
		return "USD"
	}
	return string(c)
}

func isSupported(c Currency) bool { return c == KHR || c == USD }

// Code is what a KHQR says. Lengths count UTF-16 code units, as the tags do.
//
// Decode fills it; Encode writes it. Both use the same fields, so a code can be
// read, changed and written again.
type Code struct {
	Kind               Kind
	Account            string // Bakong account, name@bank, at most 32
	AccountInformation string // individual only, at most 32
	MerchantID         string // merchant only, required, at most 32
	AcquiringBank      string // required of a merchant, at most 32

	MerchantName string // required, at most 25
	MerchantCity string // at most 15; empty is written as Phnom Penh
	CategoryCode string // four digits (ISO 18245); empty is written as 5999
	UnionPay     string // UnionPay account, at most 99, with KHR only

	Currency Currency
	// Amount is decimal text in the currency's main unit, never a float: "10",
	// "10.50", "4000". Empty or zero makes a static code: the payer types the
	// amount. See FormatAmount for an amount in minor units.
	Amount string

	BillNumber    string // at most 25, as are the four below
	MobileNumber  string
	StoreLabel    string
	TerminalLabel string
	Purpose       string

	Language      string // of the two below, at most 2: "km"
	AlternateName string // the name in Language, at most 25
	AlternateCity string // the city in Language, at most 15

	Created time.Time // zero: Encode takes its now
	Expires time.Time // required of a dynamic code, after now

	// Raw is the text that Decode read. Encode then writes this text back,
	// unknown tags included, changed only where a field was changed since; leave
	// it empty for a new code. Parse(Raw) shows every tag.
	Raw string
}

// Dynamic reports whether the code carries an amount that is not zero: Encode
// writes such a code as dynamic, with its creation and expiration times.
func (c *Code) Dynamic() bool { return c.Amount != "" && !isZeroAmount(c.Amount) }

// Legacy reports whether the code was read from a dynamic code without an
// expiration time: one written before tag 99 was required, or when it held the
// creation time only. Verify refuses such a code, Decode reads it.
func (c *Code) Legacy() bool {
	var r parsedCode
	return r.parse(c.Raw) == nil && r.dynamic() && r.values[elemExpires] == ""
}
