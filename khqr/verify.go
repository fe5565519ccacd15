package khqr

import (
	"strconv"
	"strings"
	"time"
)

// Verify returns every reason why a code must not be paid at now; none means
// that it is sound. Expiry and all else is judged as the official SDK does, with
// its code, and more strictly where that would let a code deceive:
//
//   - a tag or sub-tag that stands twice, or tags 29 and 30 together, are
//     refused: the last one wins in the SDK, so that a code can be resealed with
//     a second account;
//   - an account must be one name and one bank, an amount a plain decimal of its
//     currency;
//   - an individual's account that all customers of a bank share must come with
//     the account number;
//   - every length must be two digits and every value complete.
//
// It is as lenient as the SDK with what old or foreign encoders write: sub-tags
// in any order, a category code of fewer digits, a merchant without id and bank,
// a CRC in lower case, unknown tags, no tag 01.
func Verify(text string, now time.Time) []*Error {
	var v verifier
	if err := v.read(text); err != nil {
		return []*Error{err}
	}

	v.crc(text)
	if v.duplicate != "" {
		v.fail(KHQRInvalid, v.duplicate, "stands twice")
	}

	v.required(atFormat)
	v.method()
	v.checkPayee()
	v.money()
	v.required(atCountry)
	v.required(atName)
	v.required(atCity)
	for at := atBillNumber; at <= atPurpose; at++ {
		v.optional(at)
	}

	v.language()
	v.times(now)
	return v.errors
}

type verifier struct {
	reading
	errors []*Error
}

func (v *verifier) add(err *Error) {
	if err != nil {
		v.errors = append(v.errors, err)
	}
}

func (v *verifier) fail(code ErrorCode, field Field, reason string) {
	v.add(fail(code, field, reason))
}

// required wants a value that is there and fits; it reports whether it does.
func (v *verifier) required(at int) bool {
	if v.value[at] == "" {
		v.fail(places[at].missing, places[at].field, "is missing")
		return false
	}
	return v.fits(at)
}

// optional wants a value that, if it is there, is not empty and fits.
func (v *verifier) optional(at int) {
	if v.found[at] {
		v.required(at)
	}
}

func (v *verifier) fits(at int) bool {
	if limit := places[at].max; len(v.value[at]) > limit && utf16Len(v.value[at]) > limit {
		v.add(tooLong(at))
		return false
	}
	return true
}

// crc wants tag 63 at the end, over everything before it.
func (v *verifier) crc(text string) {
	sum := v.value[atCRC]
	switch {
	case !v.required(atCRC):
	case len(sum) < 4:
		v.fail(CRCLengthInvalid, FieldCRC, "is not four digits")
	case v.last != 63:
		v.fail(KHQRInvalid, FieldCRC, "is not at the end")
	default:
		got, err := strconv.ParseUint(sum, 16, 16)
		if err != nil || uint16(got) != crc16(text[:len(text)-4]) {
			v.fail(KHQRInvalid, FieldCRC, "does not match: the code is damaged or altered")
		}
	}
}

func (v *verifier) method() {
	switch method := v.value[atMethod]; {
	case !v.found[atMethod] || !v.fits(atMethod):
	case method != methodStatic && method != methodDynamic:
		v.fail(PointOfInitiationMethodInvalid, FieldMethod, "is neither 11 (static) nor 12 (dynamic)")
	}
}

// checkPayee lets the account information and the merchant's id be empty, as the
// SDK does.
func (v *verifier) checkPayee() {
	account := atIndividual
	switch v.payee {
	case Merchant:
		account = atMerchant
	case 0:
		v.fail(MerchantTypeRequired, FieldPayee, "is missing (tag 29 or 30)")
		return
	}

	if v.required(account) {
		v.add(checkAccount(v.value[account]))
	}

	v.fits(account + 1)
	v.optional(account + 2)
	v.add(checkShared(v.payee, v.value[account], v.value[account+1]))
}

func (v *verifier) money() {
	if v.required(atCategory) && !digits(v.value[atCategory]) {
		v.fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not digits")
	}

	currency := Currency(v.value[atCurrency])
	if v.required(atCurrency) && !supported(currency) {
		v.fail(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}

	if v.found[atAmount] && v.required(atAmount) {
		_, err := normalAmount(v.value[atAmount], currency)
		v.add(err)
	}
}

func (v *verifier) language() {
	name := v.value[atAlternateName]
	switch {
	case v.value[atLanguage] != "" && name == "":
		v.fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case v.found[atAlternateName] && !v.found[atLanguage]:
		v.fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	case v.found[atAlternateName]:
		v.optional(atLanguage)
		v.optional(atAlternateName)
	}

	v.optional(atAlternateCity)
}

// times judges the expiry of a dynamic code only, as the official SDK does; an
// amount without tag 99 makes a code dynamic too.
func (v *verifier) times(now time.Time) {
	dynamic := v.value[atMethod] == methodDynamic
	if dynamic && !v.found[atAmount] {
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

	expires := parseMillis(v.value[atExpires])
	switch {
	case v.value[atExpires] == "":
		v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, with a creation time only")
	case expires.IsZero():
		v.fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case isAfter(v.value[atCreated], v.value[atExpires]):
		v.fail(ExpirationTimestampInThePast, FieldExpires, "is before the creation time")
	case expires.UnixMilli() < now.UnixMilli():
		v.fail(KHQRExpired, FieldExpires, "has passed")
	}
}

// isAfter compares a creation time, which the official SDK takes with any number
// of digits, with an expiration time of 13.
func isAfter(created, expires string) bool {
	created = strings.TrimLeft(created, "0")
	return digits(created) && (len(created) > len(expires) || len(created) == len(expires) && created > expires)
}
