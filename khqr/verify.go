package khqr

import (
	"strconv"
	"strings"
	"time"
)

// Verify returns every reason why a code must not be paid at now; a valid code has
// none. It checks a code, its expiry included, as the official SDK does and with the
// SDK's error codes, and more strictly where the SDK accepts deceptive codes:
//
//   - a repeated tag or sub-tag, or tags 29 and 30 together, are refused: the SDK
//     uses the last one, so a second account could be added to a code;
//   - an account must be one name and one bank, an amount a plain decimal of its
//     currency;
//   - an individual's account that all customers of a bank share must have an
//     account number;
//   - every length must be two digits and every value complete.
//
// It is as lenient as the SDK with codes of old or foreign encoders: sub-tags
// in any order, a category code of fewer digits, a merchant without id and bank,
// a CRC in lower case, unknown tags, no tag 01.
func Verify(text string, now time.Time) []*Error {
	var v verifier
	if err := v.parse(text); err != nil {
		return []*Error{err}
	}

	v.checkCRC(text)
	if v.duplicate != "" {
		v.fail(KHQRInvalid, v.duplicate, "appears twice")
	}

	v.checkRequired(elemFormat)
	v.checkMethod()
	v.checkPayee()
	v.checkMoney()
	v.checkRequired(elemCountry)
	v.checkRequired(elemName)
	v.checkRequired(elemCity)
	for elem := elemBillNumber; elem <= elemPurpose; elem++ {
		v.checkOptional(elem)
	}

	v.checkLanguage()
	v.checkTimes(now)
	return v.errors
}

type verifier struct {
	parsedCode
	errors []*Error
}

func (v *verifier) add(err *Error) {
	if err != nil {
		v.errors = append(v.errors, err)
	}
}

func (v *verifier) fail(code ErrorCode, field Field, reason string) {
	v.add(newError(code, field, reason))
}

// checkRequired checks that an element is present and not too long, and reports
// whether it is.
func (v *verifier) checkRequired(elem int) bool {
	if v.values[elem] == "" {
		v.fail(elements[elem].missing, elements[elem].field, "is missing")
		return false
	}
	return v.checkLength(elem)
}

// checkOptional checks that an element, if present, is neither empty nor too long.
func (v *verifier) checkOptional(elem int) {
	if v.present[elem] {
		v.checkRequired(elem)
	}
}

// checkLength reports whether an element is not too long.
func (v *verifier) checkLength(elem int) bool {
	if limit := elements[elem].max; len(v.values[elem]) > limit && utf16Len(v.values[elem]) > limit {
		v.add(tooLongError(elem))
		return false
	}
	return true
}

// checkCRC checks that tag 63 is at the end and matches everything before it.
func (v *verifier) checkCRC(text string) {
	sum := v.values[elemCRC]
	switch {
	case !v.checkRequired(elemCRC):
	case len(sum) < 4:
		v.fail(CRCLengthInvalid, FieldCRC, "is not four digits")
	case v.lastTag != 63:
		v.fail(KHQRInvalid, FieldCRC, "is not at the end")
	default:
		got, err := strconv.ParseUint(sum, 16, 16)
		if err != nil || uint16(got) != crc16(text[:len(text)-4]) {
			v.fail(KHQRInvalid, FieldCRC, "does not match: the code is damaged or altered")
		}
	}
}

func (v *verifier) checkMethod() {
	switch method := v.values[elemMethod]; {
	case !v.present[elemMethod] || !v.checkLength(elemMethod):
	case method != methodStatic && method != methodDynamic:
		v.fail(PointOfInitiationMethodInvalid, FieldMethod, "is neither 11 (static) nor 12 (dynamic)")
	}
}

// checkPayee accepts an empty account information or merchant id, as the SDK does.
func (v *verifier) checkPayee() {
	account := elemIndividual
	switch v.payee {
	case Merchant:
		account = elemMerchant
	case 0:
		v.fail(MerchantTypeRequired, FieldPayee, "is missing (tag 29 or 30)")
		return
	}

	if v.checkRequired(account) {
		v.add(checkAccount(v.values[account]))
	}

	v.checkLength(account + 1)
	v.checkOptional(account + 2)
	v.add(checkSharedAccount(v.payee, v.values[account], v.values[account+1]))
}

func (v *verifier) checkMoney() {
	if v.checkRequired(elemCategory) && !isDigits(v.values[elemCategory]) {
		v.fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not digits")
	}

	currency := Currency(v.values[elemCurrency])
	if v.checkRequired(elemCurrency) && !isSupported(currency) {
		v.fail(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}

	if v.present[elemAmount] && v.checkRequired(elemAmount) {
		_, err := normalizeAmount(v.values[elemAmount], currency)
		v.add(err)
	}
}

func (v *verifier) checkLanguage() {
	name := v.values[elemAlternateName]
	switch {
	case v.values[elemLanguage] != "" && name == "":
		v.fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case v.present[elemAlternateName] && !v.present[elemLanguage]:
		v.fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	case v.present[elemAlternateName]:
		v.checkOptional(elemLanguage)
		v.checkOptional(elemAlternateName)
	}

	v.checkOptional(elemAlternateCity)
}

// checkTimes checks the expiry of dynamic codes only, as the official SDK does; a code
// with an amount but without tag 99 counts as dynamic too.
func (v *verifier) checkTimes(now time.Time) {
	dynamic := v.values[elemMethod] == methodDynamic
	if dynamic && !v.present[elemAmount] {
		v.fail(InvalidDynamicKHQR, FieldAmount, "is missing from a dynamic code")
	}

	if !v.tags.has(99) {
		if v.dynamic() {
			v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, without tag 99")
		}
		return
	}

	if !dynamic {
		return
	}

	expires := parseMillis(v.values[elemExpires])
	switch {
	case v.values[elemExpires] == "":
		v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, with a creation time only")
	case expires.IsZero():
		v.fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case isAfter(v.values[elemCreated], v.values[elemExpires]):
		v.fail(ExpirationTimestampInThePast, FieldExpires, "is before the creation time")
	case expires.UnixMilli() < now.UnixMilli():
		v.fail(KHQRExpired, FieldExpires, "has passed")
	}
}

// isAfter reports whether created is after expires. The official SDK accepts a creation
// time with any number of digits; an expiration time has 13.
func isAfter(created, expires string) bool {
	created = strings.TrimLeft(created, "0")
	return isDigits(created) && (len(created) > len(expires) || len(created) == len(expires) && created > expires)
}
