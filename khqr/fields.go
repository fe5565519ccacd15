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

	subCreated = "00"
	subExpires = "01"

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

// slots are the places of a code in the order they are written.
var slots = [...]struct {
	tag, sub string
	field    Field
}{
	{tagFormat, "", FieldFormat},
	{tagMethod, "", FieldMethod},
	{tagUnionPay, "", FieldUnionPay},
	{tagIndividual, "00", FieldAccount},
	{tagIndividual, "01", FieldAccountInformation},
	{tagIndividual, "02", FieldAcquiringBank},
	{tagMerchant, "00", FieldAccount},
	{tagMerchant, "01", FieldMerchantID},
	{tagMerchant, "02", FieldAcquiringBank},
	{tagCategory, "", FieldCategoryCode},
	{tagCurrency, "", FieldCurrency},
	{tagAmount, "", FieldAmount},
	{tagCountry, "", FieldCountry},
	{tagName, "", FieldMerchantName},
	{tagCity, "", FieldMerchantCity},
	{tagAdditional, "01", FieldBillNumber},
	{tagAdditional, "02", FieldMobileNumber},
	{tagAdditional, "03", FieldStoreLabel},
	{tagAdditional, "07", FieldTerminalLabel},
	{tagAdditional, "08", FieldPurpose},
	{tagLanguage, "00", FieldLanguage},
	{tagLanguage, "01", FieldAlternateName},
	{tagLanguage, "02", FieldAlternateCity},
	{tagTimestamp, subCreated, FieldCreated},
	{tagTimestamp, subExpires, FieldExpires},
}

// values returns what belongs into each slot, "" for nothing.
func (c *Code) values(now time.Time) [len(slots)]string {
	individual, merchant := [3]string{c.Account, c.AccountInformation, c.AcquiringBank}, [3]string{}
	if c.Kind == Merchant {
		individual, merchant = [3]string{}, [3]string{c.Account, c.MerchantID, c.AcquiringBank}
	}
	method, amount, created, expires := methodStatic, "", "", ""
	if c.Dynamic() {
		method, amount = methodDynamic, c.Amount
		if normal, err := normalAmount(c.Amount, c.currency()); err == nil {
			amount = normal
		}
		created, expires = timestamp(c.Created), timestamp(c.Expires)
		if created == "" {
			created = timestamp(now)
		}
	}
	return [len(slots)]string{
		"01", method, c.UnionPay,
		individual[0], individual[1], individual[2], merchant[0], merchant[1], merchant[2],
		or(c.CategoryCode, "5999"), string(c.currency()), amount, "KH", c.MerchantName, or(c.MerchantCity, "Phnom Penh"),
		c.BillNumber, c.MobileNumber, c.StoreLabel, c.TerminalLabel, c.Purpose,
		c.Language, c.AlternateName, c.AlternateCity,
		created, expires,
	}
}

func (c *Code) currency() Currency { return Currency(or(string(c.Currency), string(KHR))) }

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// timestamp writes a time as tag 99 holds it, "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
