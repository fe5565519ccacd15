package khqr

import "strings"

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

// maxValueLength is the longest value that a two-digit length allows.
const maxValueLength = 99

// Field names a field of a code.
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

// The elements of a code, in the order in which they are written. They index values and
// the table elements.
const (
	elemFormat = iota
	elemMethod
	elemUnionPay
	elemIndividual
	elemAccountInformation
	elemIndividualBank
	elemMerchant
	elemMerchantID
	elemMerchantBank
	elemCategory
	elemCurrency
	elemAmount
	elemCountry
	elemName
	elemCity
	elemBillNumber
	elemMobileNumber
	elemStoreLabel
	elemTerminalLabel
	elemPurpose
	elemLanguage
	elemAlternateName
	elemAlternateCity
	elemCreated
	elemExpires
	elemCRC
	elementCount
)

// elements describes each element: its tag, and its sub-tag inside a template; its field;
// its maximum length in UTF-16 code units; and the official error codes for an element
// that is missing or too long.
var elements = [elementCount]struct {
	tag, sub         string
	field            Field
	max              int
	missing, tooLong ErrorCode
}{
	elemFormat:             {tagFormat, "", FieldFormat, 2, PayloadFormatIndicatorTagRequired, PayloadFormatIndicatorLengthInvalid},
	elemMethod:             {tagMethod, "", FieldMethod, 2, PointOfInitiationMethodInvalid, PointInitiationLengthInvalid},
	elemUnionPay:           {tagUnionPay, "", FieldUnionPay, 99, 0, UPIAccountInformationLengthInvalid},
	elemIndividual:         {tagIndividual, "00", FieldAccount, 32, BakongAccountIDRequired, BakongAccountIDLengthInvalid},
	elemAccountInformation: {tagIndividual, "01", FieldAccountInformation, 32, 0, AccountInformationLengthInvalid},
	elemIndividualBank:     {tagIndividual, "02", FieldAcquiringBank, 32, AcquiringBankRequired, AcquiringBankLengthInvalid},
	elemMerchant:           {tagMerchant, "00", FieldAccount, 32, BakongAccountIDRequired, BakongAccountIDLengthInvalid},
	elemMerchantID:         {tagMerchant, "01", FieldMerchantID, 32, MerchantIDRequired, MerchantIDLengthInvalid},
	elemMerchantBank:       {tagMerchant, "02", FieldAcquiringBank, 32, AcquiringBankRequired, AcquiringBankLengthInvalid},
	elemCategory:           {tagCategory, "", FieldCategoryCode, 4, MerchantCategoryTagRequired, MerchantCodeLengthInvalid},
	elemCurrency:           {tagCurrency, "", FieldCurrency, 3, CurrencyTypeRequired, TransactionCurrencyLengthInvalid},
	elemAmount:             {tagAmount, "", FieldAmount, maxAmountLength, TransactionAmountInvalid, TransactionAmountInvalid},
	elemCountry:            {tagCountry, "", FieldCountry, 3, CountryCodeTagRequired, CountryCodeLengthInvalid},
	elemName:               {tagName, "", FieldMerchantName, 25, MerchantNameRequired, MerchantNameLengthInvalid},
	elemCity:               {tagCity, "", FieldMerchantCity, 15, MerchantCityTagRequired, MerchantCityLengthInvalid},
	elemBillNumber:         {tagAdditional, "01", FieldBillNumber, 25, BillNumberLengthInvalid, BillNumberLengthInvalid},
	elemMobileNumber:       {tagAdditional, "02", FieldMobileNumber, 25, MobileNumberLengthInvalid, MobileNumberLengthInvalid},
	elemStoreLabel:         {tagAdditional, "03", FieldStoreLabel, 25, StoreLabelLengthInvalid, StoreLabelLengthInvalid},
	elemTerminalLabel:      {tagAdditional, "07", FieldTerminalLabel, 25, TerminalLabelLengthInvalid, TerminalLabelLengthInvalid},
	elemPurpose:            {tagAdditional, "08", FieldPurpose, 25, PurposeOfTransactionLengthInvalid, PurposeOfTransactionLengthInvalid},
	elemLanguage:           {tagLanguage, "00", FieldLanguage, 2, LanguagePreferenceLengthInvalid, LanguagePreferenceLengthInvalid},
	elemAlternateName:      {tagLanguage, "01", FieldAlternateName, 25, MerchantNameAlternateLanguageLengthInvalid, MerchantNameAlternateLanguageLengthInvalid},
	elemAlternateCity:      {tagLanguage, "02", FieldAlternateCity, 15, MerchantCityAlternateLanguageLengthInvalid, MerchantCityAlternateLanguageLengthInvalid},
	elemCreated:            {tagTimestamp, "00", FieldCreated, 13, 0, ExpirationTimestampLengthInvalid},
	elemExpires:            {tagTimestamp, "01", FieldExpires, 13, ExpirationTimestampRequired, ExpirationTimestampLengthInvalid},
	elemCRC:                {tagCRC, "", FieldCRC, 4, CRCTagRequired, CRCLengthInvalid},
}

// fieldOf returns the field of a tag, or of a sub-tag unless sub is empty.
func fieldOf(tag, sub string) Field {
	for i := range elements {
		if elements[i].tag == tag && elements[i].sub == sub {
			return elements[i].field
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
