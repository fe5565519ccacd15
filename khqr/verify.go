package khqr

import (
	"strconv"
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
	v.required(atFormat, 2, PayloadFormatIndicatorTagRequired, PayloadFormatIndicatorLengthInvalid)
	v.method()
	v.checkPayee()
	v.money()
	v.required(atCountry, 3, CountryCodeTagRequired, CountryCodeLengthInvalid)
	v.required(atName, 25, MerchantNameRequired, MerchantNameLengthInvalid)
	v.required(atCity, 15, MerchantCityTagRequired, MerchantCityLengthInvalid)
	v.optional(atBillNumber, 25, BillNumberLengthInvalid)
	v.optional(atMobileNumber, 25, MobileNumberLengthInvalid)
	v.optional(atStoreLabel, 25, StoreLabelLengthInvalid)
	v.optional(atTerminalLabel, 25, TerminalLabelLengthInvalid)
	v.optional(atPurpose, 25, PurposeOfTransactionLengthInvalid)
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
func (v *verifier) required(place, limit int, missing, tooLong ErrorCode) bool {
	if v.value[place] == "" {
		v.fail(missing, places[place].field, "is missing")
		return false
	}
	return v.optional(place, limit, tooLong)
}

// optional wants a value that, if it is there, is not empty and fits.
func (v *verifier) optional(place, limit int, code ErrorCode) bool {
	switch value := v.value[place]; {
	case v.found[place] && value == "":
		v.fail(code, places[place].field, "is empty")
	case len(value) > limit && utf16Len(value) > limit:
		v.fail(code, places[place].field, "is longer than "+strconv.Itoa(limit))
	default:
		return true
	}
	return false
}

// crc wants tag 63 at the end, over everything before it.
func (v *verifier) crc(text string) {
	sum := v.value[atCRC]
	switch {
	case sum == "":
		v.fail(CRCTagRequired, FieldCRC, "is missing")
	case len(sum) != 4:
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
	method := v.value[atMethod]
	switch {
	case !v.found[atMethod] || method == methodStatic || method == methodDynamic:
	case utf16Len(method) > 2:
		v.fail(PointInitiationLengthInvalid, FieldMethod, "is longer than 2")
	default:
		v.fail(PointOfInitiationMethodInvalid, FieldMethod, "is neither 11 (static) nor 12 (dynamic)")
	}
}

func (v *verifier) checkPayee() {
	switch v.payee {
	case Individual:
		v.add(checkAccount(v.value[atIndividual]))
		v.short(atAccountInformation, AccountInformationLengthInvalid)
		v.bank(atIndividualBank)
	case Merchant:
		v.add(checkAccount(v.value[atMerchant]))
		v.short(atMerchantID, MerchantIDLengthInvalid)
		v.bank(atMerchantBank)
	default:
		v.fail(MerchantTypeRequired, FieldPayee, "is missing (tag 29 or 30)")
	}
}

// short wants at most 32; the SDK lets an empty value pass here.
func (v *verifier) short(place int, code ErrorCode) {
	if utf16Len(v.value[place]) > 32 {
		v.fail(code, places[place].field, "is longer than 32")
	}
}

func (v *verifier) bank(place int) {
	if v.found[place] {
		v.required(place, 32, AcquiringBankRequired, AcquiringBankLengthInvalid)
	}
}

func (v *verifier) money() {
	if v.required(atCategory, 4, MerchantCategoryTagRequired, MerchantCodeLengthInvalid) && !digits(v.value[atCategory]) {
		v.fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not digits")
	}
	currency := Currency(v.value[atCurrency])
	if v.required(atCurrency, 3, CurrencyTypeRequired, TransactionCurrencyLengthInvalid) {
		v.add(checkCurrency(currency))
	}
	if !v.found[atAmount] {
		return
	}
	_, err := normalAmount(v.value[atAmount], currency)
	if err == nil && len(v.value[atAmount]) > maxAmount {
		err = fail(TransactionAmountInvalid, FieldAmount, "is longer than 13")
	}
	v.add(err)
}

func (v *verifier) language() {
	name := v.value[atAlternateName]
	switch {
	case v.value[atLanguage] != "" && name == "":
		v.fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case v.found[atAlternateName] && !v.found[atLanguage]:
		v.fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	case v.found[atAlternateName]:
		v.optional(atLanguage, 2, LanguagePreferenceLengthInvalid)
		v.optional(atAlternateName, 25, MerchantNameAlternateLanguageLengthInvalid)
	}
	v.optional(atAlternateCity, 15, MerchantCityAlternateLanguageLengthInvalid)
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
	created, expires := parseMillis(v.value[atCreated]), parseMillis(v.value[atExpires])
	switch {
	case v.value[atExpires] == "":
		v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, with a creation time only")
	case expires.IsZero():
		v.fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case expires.Before(created):
		v.fail(ExpirationTimestampInThePast, FieldExpires, "is before the creation time")
	case expires.UnixMilli() < now.UnixMilli():
		v.fail(KHQRExpired, FieldExpires, "has passed")
	}
}
