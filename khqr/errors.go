package khqr

import "strconv"

// ErrorCode is an error code of the official SDK (bakong-khqr 1.0.20). It is
// itself an error, so that errors.Is(err, khqr.KHQRExpired) works on what this
// package returns.
type ErrorCode uint8

// The 51 codes of the official SDK. Those marked "API" speak of the SDK's calls
// to the Bakong Open API and are never returned by this package.
const (
	BakongAccountIDRequired                    ErrorCode = iota + 1
	MerchantNameRequired                                 // 2
	BakongAccountIDInvalid                               // 3
	TransactionAmountInvalid                             // 4
	MerchantTypeRequired                                 // 5
	BakongAccountIDLengthInvalid                         // 6
	MerchantNameLengthInvalid                            // 7
	KHQRInvalid                                          // 8
	CurrencyTypeRequired                                 // 9
	BillNumberLengthInvalid                              // 10
	StoreLabelLengthInvalid                              // 11
	TerminalLabelLengthInvalid                           // 12
	ConnectionTimeout                                    // 13, API
	InvalidDeepLinkSourceInfo                            // 14, API
	InternalServer                                       // 15, API
	PayloadFormatIndicatorLengthInvalid                  // 16
	PointInitiationLengthInvalid                         // 17
	MerchantCodeLengthInvalid                            // 18
	TransactionCurrencyLengthInvalid                     // 19
	CountryCodeLengthInvalid                             // 20
	MerchantCityLengthInvalid                            // 21
	CRCLengthInvalid                                     // 22
	PayloadFormatIndicatorTagRequired                    // 23
	CRCTagRequired                                       // 24
	MerchantCategoryTagRequired                          // 25
	CountryCodeTagRequired                               // 26
	MerchantCityTagRequired                              // 27
	UnsupportedCurrency                                  // 28
	InvalidDeepLinkURL                                   // 29, API
	MerchantIDRequired                                   // 30
	AcquiringBankRequired                                // 31
	MerchantIDLengthInvalid                              // 32
	AcquiringBankLengthInvalid                           // 33
	MobileNumberLengthInvalid                            // 34
	AccountInformationLengthInvalid                      // 35
	TagNotInOrder                                        // 36, unused by the SDK too
	LanguagePreferenceRequired                           // 37
	LanguagePreferenceLengthInvalid                      // 38
	MerchantNameAlternateLanguageRequired                // 39
	MerchantNameAlternateLanguageLengthInvalid           // 40
	MerchantCityAlternateLanguageLengthInvalid           // 41
	PurposeOfTransactionLengthInvalid                    // 42
	UPIAccountInformationLengthInvalid                   // 43
	UPIAccountInformationInvalidCurrency                 // 44
	ExpirationTimestampRequired                          // 45
	KHQRExpired                                          // 46
	InvalidDynamicKHQR                                   // 47
	PointOfInitiationMethodInvalid                       // 48
	ExpirationTimestampLengthInvalid                     // 49
	ExpirationTimestampInThePast                         // 50
	InvalidMerchantCategoryCode                          // 51
)

var errorNames = [...]string{
	1: "BAKONG_ACCOUNT_ID_REQUIRED", 2: "MERCHANT_NAME_REQUIRED", 3: "BAKONG_ACCOUNT_ID_INVALID",
	4: "TRANSACTION_AMOUNT_INVALID", 5: "MERCHANT_TYPE_REQUIRED", 6: "BAKONG_ACCOUNT_ID_LENGTH_INVALID",
	7: "MERCHANT_NAME_LENGTH_INVALID", 8: "KHQR_INVALID", 9: "CURRENCY_TYPE_REQUIRED",
	10: "BILL_NUMBER_LENGTH_INVALID", 11: "STORE_LABEL_LENGTH_INVALID", 12: "TERMINAL_LABEL_LENGTH_INVALID",
	13: "CONNECTION_TIMEOUT", 14: "INVALID_DEEP_LINK_SOURCE_INFO", 15: "INTERNAL_SREVER",
	16: "PAYLOAD_FORMAT_INDICATOR_LENGTH_INVALID", 17: "POINT_INITIATION_LENGTH_INVALID",
	18: "MERCHANT_CODE_LENGTH_INVALID", 19: "TRANSACTION_CURRENCY_LENGTH_INVALID",
	20: "COUNTRY_CODE_LENGTH_INVALID", 21: "MERCHANT_CITY_LENGTH_INVALID", 22: "CRC_LENGTH_INVALID",
	23: "PAYLOAD_FORMAT_INDICATOR_TAG_REQUIRED", 24: "CRC_TAG_REQUIRED", 25: "MERCHANT_CATEGORY_TAG_REQUIRED",
	26: "COUNTRY_CODE_TAG_REQUIRED", 27: "MERCHANT_CITY_TAG_REQUIRED", 28: "UNSUPPORTED_CURRENCY",
	29: "INVALID_DEEP_LINK_URL", 30: "MERCHANT_ID_REQUIRED", 31: "ACQUIRING_BANK_REQUIRED",
	32: "MERCHANT_ID_LENGTH_INVALID", 33: "ACQUIRING_BANK_LENGTH_INVALID", 34: "MOBILE_NUMBER_LENGTH_INVALID",
	35: "ACCOUNT_INFORMATION_LENGTH_INVALID", 36: "TAG_NOT_IN_ORDER", 37: "LANGUAGE_PREFERENCE_REQUIRED",
	38: "LANGUAGE_PREFERENCE_LENGTH_INVALID", 39: "MERCHANT_NAME_ALTERNATE_LANGUAGE_REQUIRED",
	40: "MERCHANT_NAME_ALTERNATE_LANGUAGE_LENGTH_INVALID", 41: "MERCHANT_CITY_ALTERNATE_LANGUAGE_LENGTH_INVALID",
	42: "PURPOSE_OF_TRANSACTION_LENGTH_INVALID", 43: "UPI_ACCOUNT_INFORMATION_LENGTH_INVALID",
	44: "UPI_ACCOUNT_INFORMATION_INVALID_CURRENCY", 45: "EXPIRATION_TIMESTAMP_REQUIRED", 46: "KHQR_EXPIRED",
	47: "INVALID_DYNAMIC_KHQR", 48: "POINT_OF_INITIATION_METHOD_INVALID",
	49: "EXPIRATION_TIMESTAMP_LENGTH_INVALID", 50: "EXPIRATION_TIMESTAMP_IN_THE_PAST",
	51: "INVALID_MERCHANT_CATEGORY_CODE",
}

// String returns the official name, spelt as the SDK spells it (code 15 too):
// "BAKONG_ACCOUNT_ID_REQUIRED".
func (c ErrorCode) String() string {
	if c > 0 && int(c) < len(errorNames) {
		return errorNames[c]
	}
	return "ErrorCode(" + strconv.Itoa(int(c)) + ")"
}

// Error returns the official name and number.
func (c ErrorCode) Error() string {
	return "khqr: " + c.String() + " (" + strconv.Itoa(int(c)) + ")"
}

// Error is a failure of Encode, Decode or Verify.
type Error struct {
	Code   ErrorCode // official code; KHQRInvalid where the SDK has none
	Field  Field     // where the failure is
	Reason string    // in words, safe to show: it never repeats the input
}

// Error says what is wrong, where, and the official number.
func (e *Error) Error() string {
	return "khqr: " + e.Field.String() + " " + e.Reason + " (" + e.Code.String() + ", " + strconv.Itoa(int(e.Code)) + ")"
}

// Unwrap returns the official code, for errors.Is.
func (e *Error) Unwrap() error { return e.Code }

func newError(code ErrorCode, field Field, reason string) *Error {
	return &Error{Code: code, Field: field, Reason: reason}
}
