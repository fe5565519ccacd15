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

// places says where each place is and what may stand in it: at most so many
// UTF-16 code units, and the official codes for nothing at all and for too much.
var places = [placeCount]struct {
	tag, sub         string
	field            Field
	max              int
	missing, tooLong ErrorCode
}{
	atFormat:             {tagFormat, "", FieldFormat, 2, PayloadFormatIndicatorTagRequired, PayloadFormatIndicatorLengthInvalid},
	atMethod:             {tagMethod, "", FieldMethod, 2, PointOfInitiationMethodInvalid, PointInitiationLengthInvalid},
	atUnionPay:           {tagUnionPay, "", FieldUnionPay, 99, 0, UPIAccountInformationLengthInvalid},
	atIndividual:         {tagIndividual, "00", FieldAccount, 32, BakongAccountIDRequired, BakongAccountIDLengthInvalid},
	atAccountInformation: {tagIndividual, "01", FieldAccountInformation, 32, 0, AccountInformationLengthInvalid},
	atIndividualBank:     {tagIndividual, "02", FieldAcquiringBank, 32, AcquiringBankRequired, AcquiringBankLengthInvalid},
	atMerchant:           {tagMerchant, "00", FieldAccount, 32, BakongAccountIDRequired, BakongAccountIDLengthInvalid},
	atMerchantID:         {tagMerchant, "01", FieldMerchantID, 32, MerchantIDRequired, MerchantIDLengthInvalid},
	atMerchantBank:       {tagMerchant, "02", FieldAcquiringBank, 32, AcquiringBankRequired, AcquiringBankLengthInvalid},
	atCategory:           {tagCategory, "", FieldCategoryCode, 4, MerchantCategoryTagRequired, MerchantCodeLengthInvalid},
	atCurrency:           {tagCurrency, "", FieldCurrency, 3, CurrencyTypeRequired, TransactionCurrencyLengthInvalid},
	atAmount:             {tagAmount, "", FieldAmount, maxAmount, TransactionAmountInvalid, TransactionAmountInvalid},
	atCountry:            {tagCountry, "", FieldCountry, 3, CountryCodeTagRequired, CountryCodeLengthInvalid},
	atName:               {tagName, "", FieldMerchantName, 25, MerchantNameRequired, MerchantNameLengthInvalid},
	atCity:               {tagCity, "", FieldMerchantCity, 15, MerchantCityTagRequired, MerchantCityLengthInvalid},
	atBillNumber:         {tagAdditional, "01", FieldBillNumber, 25, BillNumberLengthInvalid, BillNumberLengthInvalid},
	atMobileNumber:       {tagAdditional, "02", FieldMobileNumber, 25, MobileNumberLengthInvalid, MobileNumberLengthInvalid},
	atStoreLabel:         {tagAdditional, "03", FieldStoreLabel, 25, StoreLabelLengthInvalid, StoreLabelLengthInvalid},
	atTerminalLabel:      {tagAdditional, "07", FieldTerminalLabel, 25, TerminalLabelLengthInvalid, TerminalLabelLengthInvalid},
	atPurpose:            {tagAdditional, "08", FieldPurpose, 25, PurposeOfTransactionLengthInvalid, PurposeOfTransactionLengthInvalid},
	atLanguage:           {tagLanguage, "00", FieldLanguage, 2, LanguagePreferenceLengthInvalid, LanguagePreferenceLengthInvalid},
	atAlternateName:      {tagLanguage, "01", FieldAlternateName, 25, MerchantNameAlternateLanguageLengthInvalid, MerchantNameAlternateLanguageLengthInvalid},
	atAlternateCity:      {tagLanguage, "02", FieldAlternateCity, 15, MerchantCityAlternateLanguageLengthInvalid, MerchantCityAlternateLanguageLengthInvalid},
	atCreated:            {tagTimestamp, "00", FieldCreated, 13, 0, ExpirationTimestampLengthInvalid},
	atExpires:            {tagTimestamp, "01", FieldExpires, 13, ExpirationTimestampRequired, ExpirationTimestampLengthInvalid},
	atCRC:                {tagCRC, "", FieldCRC, 4, CRCTagRequired, CRCLengthInvalid},
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
