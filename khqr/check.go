package khqr

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// tooLongError returns the error of an element that is longer than its maximum.
func tooLongError(elem int) *Error {
	return newError(elements[elem].tooLong, elements[elem].field, "is longer than "+strconv.Itoa(elements[elem].max))
}

func checkKind(kind Kind) *Error {
	if kind != Individual && kind != Merchant {
		return newError(MerchantTypeRequired, FieldPayee, "is neither individual nor merchant")
	}
	return nil
}

// checkAccount checks that account has the form name@bank. The official SDK accepts any
// text with "@".
func checkAccount(account string) *Error {
	at, valid := -1, true
	for i, r := range account {
		switch {
		case r == '@':
			valid = valid && at < 0
			at = i
		case r <= ' ' || r == 0x7F:
			valid = false
		case r >= utf8.RuneSelf:
			valid = valid && r != utf8.RuneError && !unicode.IsSpace(r) && !unicode.IsControl(r)
		}
	}

	if !valid || at < 1 || at == len(account)-1 {
		return newError(BakongAccountIDInvalid, FieldAccount, accountReason(account))
	}

	return nil
}

// phoneNumber matches a Cambodian phone number without spaces: 8 or 9 digits after
// the 0 or the country code.
var phoneNumber = regexp.MustCompile(`^(0|\+?8550?)[1-9][0-9]{7,8}$`)

// accountReason explains what is wrong with text, which is not name@bank. People often
// enter their phone or account number.
func accountReason(text string) string {
	const form = ", not a Bakong account: that is name@bank, as the bank's app shows it"
	number := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text)
	switch {
	case phoneNumber.MatchString(number):
		return "is a phone number" + form
	case number != "" && isDigits(number):
		return "is an account number" + form
	}
	return "is not of the form name@bank"
}

// sharedAccount matches a Bakong account that all customers of a bank share: its name
// is "khqr" or the bank's BIC, which has the country as its fifth and sixth letter (ISO
// 9362).
var sharedAccount = regexp.MustCompile(`(?i)^(khqr|[a-z]{4}kh[a-z0-9]{2}([a-z0-9]{3})?)@`)

// checkSharedAccount checks that an individual with a shared Bakong account has an
// account number. The official SDK has no such check, and accepts a merchant without an
// id.
func checkSharedAccount(kind Kind, account, number string) *Error {
	if kind != Individual || strings.TrimSpace(number) != "" || !sharedAccount.MatchString(account) {
		return nil
	}
	return newError(KHQRInvalid, FieldAccountInformation, "is missing: this account is shared by all customers of its bank, so the code must have the account number too")
}

func checkCategory(category string) *Error {
	if len(category) != 4 || !isDigits(category) {
		return newError(InvalidMerchantCategoryCode, FieldCategoryCode, "is not four digits")
	}
	return nil
}

func checkCurrency(c *Code) *Error {
	if !isSupported(c.currencyOrDefault()) {
		return newError(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}
	if c.Currency == USD && c.UnionPay != "" {
		return newError(UPIAccountInformationInvalidCurrency, FieldUnionPay, "is allowed with KHR only")
	}
	return nil
}

func checkLanguage(c *Code) *Error {
	switch {
	case c.Language != "" && c.AlternateName == "":
		return newError(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case c.Language == "" && c.AlternateName != "":
		return newError(LanguagePreferenceRequired, FieldLanguage, "is missing")
	}
	return nil
}

func checkExpires(c *Code, now time.Time) *Error {
	expires := c.Expires.UnixMilli()
	switch {
	case c.Expires.IsZero():
		return newError(ExpirationTimestampRequired, FieldExpires, "is missing")
	case expires < 1e12 || expires > 1e13-1:
		return newError(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case expires < now.UnixMilli() || expires < c.Created.UnixMilli():
		return newError(ExpirationTimestampInThePast, FieldExpires, "is in the past")
	}
	return nil
}
