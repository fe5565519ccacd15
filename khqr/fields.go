package khqr

import (
	"strconv"
	"strings"
	"time"
)

// Tags and sub-tags of KHQR.
const (
	tagFormat     = "00"
	tagMethod     = "01"
	tagUnionPay   = "15"
	tagIndividual = "29"
	tagMerchant   = "30"
	tagCategory   = "52"
	tagCurrency   = "53"
	tagAmount     = "54"
	tagCountry    = "58"
	tagName       = "59"
	tagCity       = "60"
	tagAdditional = "62"
	tagCRC        = "63"
	tagLanguage   = "64"
	tagTimestamp  = "99"

	methodStatic  = "11"
	methodDynamic = "12"
)

// maxValue is the longest value that a two-digit length allows.
const maxValue = 99

// Field names a place in a code.
type Field string

const (
	FieldText               Field = "text" // the code as a whole
	FieldFormat             Field = "payload_format"
	FieldMethod             Field = "point_of_initiation"
	FieldUnionPay           Field = "union_pay"
	FieldPayee              Field = "payee" // tag 29 or 30
	FieldAccount            Field = "account"
	FieldAccountInformation Field = "account_information"
	FieldMerchantID         Field = "merchant_id"
	FieldAcquiringBank      Field = "acquiring_bank"
	FieldCategoryCode       Field = "category_code"
	FieldCurrency           Field = "currency"
	FieldAmount             Field = "amount"
	FieldCountry            Field = "country"
	FieldMerchantName       Field = "merchant_name"
	FieldMerchantCity       Field = "merchant_city"
	FieldAdditional         Field = "additional_data" // tag 62
	FieldBillNumber         Field = "bill_number"
	FieldMobileNumber       Field = "mobile_number"
	FieldStoreLabel         Field = "store_label"
	FieldTerminalLabel      Field = "terminal_label"
	FieldPurpose            Field = "purpose"
	FieldLanguageTemplate   Field = "language_template" // tag 64
	FieldLanguage           Field = "language"
	FieldAlternateName      Field = "alternate_name"
	FieldAlternateCity      Field = "alternate_city"
	FieldTimestamp          Field = "timestamp" // tag 99
	FieldCreated            Field = "created"
	FieldExpires            Field = "expires"
	FieldCRC                Field = "crc"
)

// String returns the name in words: "merchant name".
func (f Field) String() string { return strings.ReplaceAll(string(f), "_", " ") }

// The places of a code, in the order they are written.
const (
	atFormat = iota
	atMethod
	atUnionPay
	atIndividual
	atAccountInformation
	atIndividualBank
	atMerchant
	atMerchantID
	atMerchantBank
	atCategory
	atCurrency
	atAmount
	atCountry
	atName
	atCity
	atBillNumber
	atMobileNumber
	atStoreLabel
	atTerminalLabel
	atPurpose
	atLanguage
	atAlternateName
	atAlternateCity
	atCreated
	atExpires
	atCRC
	placeCount
)

var places = [placeCount]struct {
	tag, sub string
	field    Field
}{
	atFormat:             {tagFormat, "", FieldFormat},
	atMethod:             {tagMethod, "", FieldMethod},
	atUnionPay:           {tagUnionPay, "", FieldUnionPay},
	atIndividual:         {tagIndividual, "00", FieldAccount},
	atAccountInformation: {tagIndividual, "01", FieldAccountInformation},
	atIndividualBank:     {tagIndividual, "02", FieldAcquiringBank},
	atMerchant:           {tagMerchant, "00", FieldAccount},
	atMerchantID:         {tagMerchant, "01", FieldMerchantID},
	atMerchantBank:       {tagMerchant, "02", FieldAcquiringBank},
	atCategory:           {tagCategory, "", FieldCategoryCode},
	atCurrency:           {tagCurrency, "", FieldCurrency},
	atAmount:             {tagAmount, "", FieldAmount},
	atCountry:            {tagCountry, "", FieldCountry},
	atName:               {tagName, "", FieldMerchantName},
	atCity:               {tagCity, "", FieldMerchantCity},
	atBillNumber:         {tagAdditional, "01", FieldBillNumber},
	atMobileNumber:       {tagAdditional, "02", FieldMobileNumber},
	atStoreLabel:         {tagAdditional, "03", FieldStoreLabel},
	atTerminalLabel:      {tagAdditional, "07", FieldTerminalLabel},
	atPurpose:            {tagAdditional, "08", FieldPurpose},
	atLanguage:           {tagLanguage, "00", FieldLanguage},
	atAlternateName:      {tagLanguage, "01", FieldAlternateName},
	atAlternateCity:      {tagLanguage, "02", FieldAlternateCity},
	atCreated:            {tagTimestamp, "00", FieldCreated},
	atExpires:            {tagTimestamp, "01", FieldExpires},
	atCRC:                {tagCRC, "", FieldCRC},
}

// fieldOf names the place of a tag, or of a sub-tag where sub is not empty.
func fieldOf(tag, sub string) Field {
	for i := range places {
		if places[i].tag == tag && places[i].sub == sub {
			return places[i].field
		}
	}
	switch {
	case sub != "":
		return Field("tag_" + tag + "_" + sub)
	case tag == tagIndividual || tag == tagMerchant:
		return FieldPayee
	case tag == tagAdditional:
		return FieldAdditional
	case tag == tagLanguage:
		return FieldLanguageTemplate
	case tag == tagTimestamp:
		return FieldTimestamp
	}
	return Field("tag_" + tag)
}

// fill puts what belongs into each place, "" for nothing.
func (c *Code) fill(v *[placeCount]string, now time.Time) {
	v[atFormat], v[atMethod], v[atUnionPay] = "01", methodStatic, c.UnionPay
	if c.Kind == Merchant {
		v[atMerchant], v[atMerchantID], v[atMerchantBank] = c.Account, c.MerchantID, c.AcquiringBank
	} else {
		v[atIndividual], v[atAccountInformation], v[atIndividualBank] = c.Account, c.AccountInformation, c.AcquiringBank
	}
	v[atCategory], v[atCurrency], v[atCountry] = or(c.CategoryCode, defaultCategory), string(c.currency()), "KH"
	v[atName], v[atCity] = c.MerchantName, or(c.MerchantCity, defaultCity)
	v[atBillNumber], v[atMobileNumber], v[atStoreLabel] = c.BillNumber, c.MobileNumber, c.StoreLabel
	v[atTerminalLabel], v[atPurpose] = c.TerminalLabel, c.Purpose
	v[atLanguage], v[atAlternateName], v[atAlternateCity] = c.Language, c.AlternateName, c.AlternateCity
	if !c.Dynamic() {
		return
	}
	v[atMethod], v[atAmount] = methodDynamic, c.Amount
	if normal, err := normalAmount(c.Amount, c.currency()); err == nil {
		v[atAmount] = normal
	}
	if !c.Created.IsZero() {
		now = c.Created
	}
	v[atCreated], v[atExpires] = timestamps(now, c.Expires)
}

// What is written where a field is empty.
const (
	defaultCategory = "5999"
	defaultCity     = "Phnom Penh"
)

func (c *Code) currency() Currency { return Currency(or(string(c.Currency), string(KHR))) }

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// timestamps writes two times as tag 99 holds them, "" for none.
func timestamps(created, expires time.Time) (string, string) {
	var scratch [40]byte
	out := scratch[:0]
	if !created.IsZero() {
		out = strconv.AppendInt(out, created.UnixMilli(), 10)
	}
	first := len(out)
	if !expires.IsZero() {
		out = strconv.AppendInt(out, expires.UnixMilli(), 10)
	}
	both := string(out)
	return both[:first], both[first:]
}
