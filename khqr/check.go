package khqr

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// refuse says what is wrong with a text of that length and class: nothing, where
// checkMeaning is to tell.
func (c *Code) refuse(at, length int, class uint8) *Error {
	p, blank := &places[at], class&isVisible == 0
	switch {
	case blank && c.requires(at):
		return fail(p.missing, p.field, "is missing")
	case class&isBroken != 0:
		return fail(KHQRInvalid, p.field, "is not valid UTF-8")
	case at == atAmount || at == atCreated || at == atExpires:
		return nil
	case length > p.max:
		return tooLong(at)
	case blank:
		return fail(p.tooLong, p.field, "is blank")
	case at == atIndividual || at == atMerchant:
		return nil
	}

	return fail(KHQRInvalid, p.field, "holds characters that cannot be printed")
}

// checkedPlaces are those that checkMeaning knows.
var checkedPlaces = []int{atUnionPay, atIndividual, atMerchant, atCategory, atCurrency, atAmount, atPurpose, atExpires}

// checkMeaning checks what a place's length cannot tell.
func (d *draft) checkMeaning(c *Code, at int, now time.Time) *Error {
	switch at {
	case atUnionPay:
		return checkKind(c.Kind)
	case atIndividual, atMerchant:
		if d.value[at] != "" {
			return checkAccount(d.value[at])
		}

	case atCategory:
		return checkCategory(d.value[at])
	case atCurrency:
		return checkCurrency(c)
	case atAmount:
		return d.amount
	case atPurpose: // before the lengths of language, name and city
		return checkLanguage(c)
	case atExpires:
		if d.dynamic {
			return checkExpires(c, now)
		}
	}

	return nil
}

// requires reports whether a place that no default fills must be filled.
func (c *Code) requires(at int) bool {
	switch at {
	case atIndividual:
		return c.Kind != Merchant
	case atMerchant, atMerchantID, atMerchantBank:
		return c.Kind == Merchant
	case atName, atCity:
		return true
	}
	return false
}

func tooLong(at int) *Error {
	return fail(places[at].tooLong, places[at].field, "is longer than "+strconv.Itoa(places[at].max))
}

func checkKind(kind Kind) *Error {
	if kind != Individual && kind != Merchant {
		return fail(MerchantTypeRequired, FieldPayee, "is neither individual nor merchant")
	}
	return nil
}

// checkAccount wants name@bank. The official SDK is content with any "@".
func checkAccount(account string) *Error {
	at, fit := -1, true
	for i, r := range account {
		switch {
		case r == '@':
			fit = fit && at < 0
			at = i
		case r <= ' ' || r == 0x7F:
			fit = false
		case r >= utf8.RuneSelf:
			fit = fit && r != utf8.RuneError && !unicode.IsSpace(r) && !unicode.IsControl(r)
		}
	}

	if !fit || at < 1 || at == len(account)-1 {
		return fail(BakongAccountIDInvalid, FieldAccount, notAnAccount(account))
	}

	return nil
}

// phoneNumber matches a Cambodian phone number without its blanks: 8 or 9 digits
// after the 0 or the country's code.
var phoneNumber = regexp.MustCompile(`^(0|\+?8550?)[1-9][0-9]{7,8}$`)

// notAnAccount says what a text is that is not name@bank: people give the numbers
// by which they know their account.
func notAnAccount(text string) string {
	const form = ", not a Bakong account: that is name@bank, as the bank's app shows it"
	number := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text)
	switch {
	case phoneNumber.MatchString(number):
		return "is a phone number" + form
	case number != "" && digits(number):
		return "is an account number" + form
	}
	return "is not of the form name@bank"
}

// sharedAddress matches a Bakong account that a bank gives to all its customers:
// its BIC, which names the country in its fifth and sixth letter (ISO 9362), or
// "khqr".
var sharedAddress = regexp.MustCompile(`(?i)^(khqr|[a-z]{4}kh[a-z0-9]{2}([a-z0-9]{3})?)@`)

// checkShared wants the account number of an individual whose Bakong account is
// that of a whole bank. The official SDK has no such check, and passes a merchant
// without an id.
func checkShared(kind Kind, account, number string) *Error {
	if kind != Individual || strings.TrimSpace(number) != "" || !sharedAddress.MatchString(account) {
		return nil
	}
	return fail(KHQRInvalid, FieldAccountInformation, "is missing: this account is shared by all customers of its bank, so the code must have the account number too")
}

func checkCategory(category string) *Error {
	if len(category) != 4 || !digits(category) {
		return fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not four digits")
	}
	return nil
}

func checkCurrency(c *Code) *Error {
	if !supported(c.currency()) {
		return fail(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}
	if c.Currency == USD && c.UnionPay != "" {
		return fail(UPIAccountInformationInvalidCurrency, FieldUnionPay, "goes with KHR only")
	}
	return nil
}

func checkLanguage(c *Code) *Error {
	switch {
	case c.Language != "" && c.AlternateName == "":
		return fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case c.Language == "" && c.AlternateName != "":
		return fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	}
	return nil
}

func checkExpires(c *Code, now time.Time) *Error {
	expires := c.Expires.UnixMilli()
	switch {
	case c.Expires.IsZero():
		return fail(ExpirationTimestampRequired, FieldExpires, "is missing")
	case expires < 1e12 || expires > 1e13-1:
		return fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case expires < now.UnixMilli() || expires < c.Created.UnixMilli():
		return fail(ExpirationTimestampInThePast, FieldExpires, "is in the past")
	}
	return nil
}
