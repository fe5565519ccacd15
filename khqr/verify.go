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
//   - every length must be two digits and every value complete.
//
// It is as lenient as the SDK with what old or foreign encoders write: sub-tags
// in any order, a category code of fewer digits, a merchant without id and bank,
// a CRC in lower case, unknown tags, no tag 01.
func Verify(text string, now time.Time) []*Error {
	tags, err := parse(text)
	if err != nil {
		return []*Error{err}
	}
	v := verifier{tags: tags}
	v.crc(text)
	v.add(checkDuplicates(tags))
	v.head()
	v.payee()
	v.money()
	v.place()
	v.additional()
	v.language()
	v.timestamp(now)
	return v.errors
}

type verifier struct {
	tags   Tags
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

// crc wants tag 63 at the end, over everything before it.
func (v *verifier) crc(text string) {
	last := v.tags[len(v.tags)-1]
	sum, found := v.tags.Get(tagCRC)
	switch {
	case !found || sum == "":
		v.fail(CRCTagRequired, FieldCRC, "is missing")
	case len(sum) != 4:
		v.fail(CRCLengthInvalid, FieldCRC, "is not four digits")
	case last.ID != tagCRC:
		v.fail(KHQRInvalid, FieldCRC, "is not at the end")
	default:
		got, err := strconv.ParseUint(sum, 16, 16)
		if err != nil || uint16(got) != crc16(text[:len(text)-4]) {
			v.fail(KHQRInvalid, FieldCRC, "does not match: the code is damaged or altered")
		}
	}
}

// checkDuplicates finds the first tag that stands twice.
func checkDuplicates(tags Tags) *Error {
	var seen, inside [100]bool
	for _, tag := range tags {
		if seen[number(tag.ID)] || tag.ID == tagMerchant && seen[29] || tag.ID == tagIndividual && seen[30] {
			return fail(KHQRInvalid, tagField(tag.ID), "stands twice")
		}
		seen[number(tag.ID)] = true
		clear(inside[:])
		for _, sub := range tag.Sub {
			if inside[number(sub.ID)] {
				return fail(KHQRInvalid, subField(tag.ID, sub.ID), "stands twice")
			}
			inside[number(sub.ID)] = true
		}
	}
	return nil
}

// number returns the number of a tag, 0 for what is none.
func number(id string) int {
	if !twoDigits(id) {
		return 0
	}
	return int(id[0]-'0')*10 + int(id[1]-'0')
}

// limits are the rules of a tag that must be there.
type limits struct {
	tag              string
	field            Field
	max              int
	missing, tooLong ErrorCode
}

// limited checks a required value and reports whether it is there and fits.
func (v *verifier) limited(l limits) (value string, ok bool) {
	value, _ = v.tags.Get(l.tag)
	switch {
	case value == "":
		v.fail(l.missing, l.field, "is missing")
	case utf16Len(value) > l.max:
		v.fail(l.tooLong, l.field, "is longer than "+strconv.Itoa(l.max))
	default:
		return value, true
	}
	return value, false
}

func (v *verifier) head() {
	v.limited(limits{tagFormat, FieldFormat, 2, PayloadFormatIndicatorTagRequired, PayloadFormatIndicatorLengthInvalid})
	method, found := v.tags.Get(tagMethod)
	switch {
	case !found || method == methodStatic || method == methodDynamic:
	case utf16Len(method) > 2:
		v.fail(PointInitiationLengthInvalid, FieldMethod, "is longer than 2")
	default:
		v.fail(PointOfInitiationMethodInvalid, FieldMethod, "is neither 11 (static) nor 12 (dynamic)")
	}
}

func (v *verifier) payee() {
	tag := tagMerchant
	_, merchant := v.tags.Get(tagMerchant)
	if !merchant {
		tag = tagIndividual
	}
	if _, found := v.tags.Get(tag); !found {
		v.fail(MerchantTypeRequired, FieldPayee, "is missing (tag 29 or 30)")
		return
	}
	account, _ := v.tags.Get(tag, "00")
	v.add(checkAccount(account))
	second, tooLong := FieldAccountInformation, AccountInformationLengthInvalid
	if merchant {
		second, tooLong = FieldMerchantID, MerchantIDLengthInvalid
	}
	if value, _ := v.tags.Get(tag, "01"); utf16Len(value) > 32 {
		v.fail(tooLong, second, "is longer than 32")
	}
	switch bank, found := v.tags.Get(tag, "02"); {
	case found && bank == "":
		v.fail(AcquiringBankRequired, FieldAcquiringBank, "is empty")
	case utf16Len(bank) > 32:
		v.fail(AcquiringBankLengthInvalid, FieldAcquiringBank, "is longer than 32")
	}
}

func (v *verifier) money() {
	category, ok := v.limited(limits{tagCategory, FieldCategoryCode, 4, MerchantCategoryTagRequired, MerchantCodeLengthInvalid})
	if ok && !digits(category) {
		v.fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not digits")
	}
	currency, ok := v.limited(limits{tagCurrency, FieldCurrency, 3, CurrencyTypeRequired, TransactionCurrencyLengthInvalid})
	if ok {
		v.add(checkCurrency(Currency(currency)))
	}
	if amount, found := v.tags.Get(tagAmount); found {
		_, err := normalAmount(amount, Currency(currency))
		v.add(err)
	}
}

func (v *verifier) place() {
	v.limited(limits{tagCountry, FieldCountry, 3, CountryCodeTagRequired, CountryCodeLengthInvalid})
	v.limited(limits{tagName, FieldMerchantName, 25, MerchantNameRequired, MerchantNameLengthInvalid})
	v.limited(limits{tagCity, FieldMerchantCity, 15, MerchantCityTagRequired, MerchantCityLengthInvalid})
}

// sub checks a sub-tag that, if it is there, must not be empty or too long.
func (v *verifier) sub(tag, sub string, limit int, code ErrorCode) {
	value, found := v.tags.Get(tag, sub)
	switch {
	case found && value == "":
		v.fail(code, subField(tag, sub), "is empty")
	case utf16Len(value) > limit:
		v.fail(code, subField(tag, sub), "is longer than "+strconv.Itoa(limit))
	}
}

func (v *verifier) additional() {
	v.sub(tagAdditional, "01", 25, BillNumberLengthInvalid)
	v.sub(tagAdditional, "02", 25, MobileNumberLengthInvalid)
	v.sub(tagAdditional, "03", 25, StoreLabelLengthInvalid)
	v.sub(tagAdditional, "07", 25, TerminalLabelLengthInvalid)
	v.sub(tagAdditional, "08", 25, PurposeOfTransactionLengthInvalid)
}

func (v *verifier) language() {
	language, hasLanguage := v.tags.Get(tagLanguage, "00")
	name, hasName := v.tags.Get(tagLanguage, "01")
	switch {
	case language != "" && name == "":
		v.fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case hasName && !hasLanguage:
		v.fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	case hasName:
		v.sub(tagLanguage, "00", 2, LanguagePreferenceLengthInvalid)
		v.sub(tagLanguage, "01", 25, MerchantNameAlternateLanguageLengthInvalid)
	}
	v.sub(tagLanguage, "02", 15, MerchantCityAlternateLanguageLengthInvalid)
}

// timestamp judges the expiry of a dynamic code only, as the official SDK does;
// an amount without tag 99 makes a code dynamic too.
func (v *verifier) timestamp(now time.Time) {
	method, _ := v.tags.Get(tagMethod)
	_, hasAmount := v.tags.Get(tagAmount)
	_, hasTimes := v.tags.Get(tagTimestamp)
	if method == methodDynamic && !hasAmount {
		v.fail(InvalidDynamicKHQR, FieldAmount, "is missing from a dynamic code")
	}
	if !hasTimes {
		if method == methodDynamic || hasAmount {
			v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, without tag 99")
		}
		return
	}
	if method != methodDynamic {
		return
	}
	expires, found := v.tags.Get(tagTimestamp, subExpires)
	created := parseMillis(v.tags.sub(tagTimestamp).value(subCreated))
	at := parseMillis(expires)
	switch {
	case !found || expires == "":
		v.fail(ExpirationTimestampRequired, FieldExpires, "is missing: an old code, with a creation time only")
	case at.IsZero():
		v.fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case at.Before(created):
		v.fail(ExpirationTimestampInThePast, FieldExpires, "is before the creation time")
	case at.UnixMilli() < now.UnixMilli():
		v.fail(KHQRExpired, FieldExpires, "has passed")
	}
}

// subField names the place of a sub-tag.
func subField(tag, sub string) Field {
	for _, s := range slots {
		if s.tag == tag && s.sub == sub {
			return s.field
		}
	}
	return Field(strings.Join([]string{"tag", tag, sub}, "_"))
}
