package khqr

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Encode writes the code as the official SDK does, byte for byte, or returns an
// *Error: the first failure in the SDK's order, with its code. now is the
// creation time of a dynamic code that has none, and must be before its
// expiration.
//
// A code that Decode read is written back byte for byte, unknown tags included,
// if it verifies. Where fields were changed since, only those are replaced, and
// the code must be one that could be written anew.
//
// Encode is stricter than the SDK in what would make an unsafe code: it refuses
// accounts that are not one name and one bank, amounts that are not plain
// decimals, blank or unprintable text, a category code short of four digits, and
// payee or additional data too long for their tag.
func (c *Code) Encode(now time.Time) (string, error) {
	if c.Raw != "" {
		return c.encodeOver(now)
	}
	if err := c.validate(now); err != nil {
		return "", err
	}
	var values [placeCount]string
	c.fill(&values, now)
	return write(&values)
}

// write puts the values into their places and closes the code.
func write(values *[placeCount]string) (string, error) {
	var scratch [512]byte
	out := scratch[:0]
	for i := 0; i < placeCount; {
		tag := places[i].tag
		if places[i].sub == "" {
			if values[i] != "" {
				out = appendTag(out, tag, values[i])
			}
			i++
			continue
		}
		length, first := 0, i
		for ; places[i].tag == tag; i++ {
			if values[i] != "" {
				length += 4 + utf16Len(values[i])
			}
		}
		switch {
		case length == 0:
			continue
		case length > maxValue:
			return "", fail(KHQRInvalid, fieldOf(tag, ""), "is longer than 99 in all")
		}
		out = appendHead(out, tag, length)
		for j := first; j < i; j++ {
			if values[j] != "" {
				out = appendTag(out, places[j].sub, values[j])
			}
		}
	}
	return seal(out, ""), nil
}

// validate finds the first failure in the official SDK's order.
func (c *Code) validate(now time.Time) *Error {
	if err := optional(c.UnionPay, FieldUnionPay, maxValue, UPIAccountInformationLengthInvalid); err != nil {
		return err
	}
	if err := c.checkPayee(); err != nil {
		return err
	}
	if err := c.checkMoney(); err != nil {
		return err
	}
	if err := c.checkNames(); err != nil {
		return err
	}
	if err := c.checkAdditional(); err != nil {
		return err
	}
	if err := c.checkLanguage(); err != nil {
		return err
	}
	if !c.Dynamic() {
		return nil
	}
	return c.checkExpires(now)
}

func (c *Code) checkPayee() *Error {
	if c.Kind != Individual && c.Kind != Merchant {
		return fail(MerchantTypeRequired, FieldPayee, "is neither individual nor merchant")
	}
	if err := checkAccount(c.Account); err != nil {
		return err
	}
	if c.Kind == Merchant {
		if err := required(c.MerchantID, FieldMerchantID, 32, MerchantIDRequired, MerchantIDLengthInvalid); err != nil {
			return err
		}
		return required(c.AcquiringBank, FieldAcquiringBank, 32, AcquiringBankRequired, AcquiringBankLengthInvalid)
	}
	if err := optional(c.AccountInformation, FieldAccountInformation, 32, AccountInformationLengthInvalid); err != nil {
		return err
	}
	return optional(c.AcquiringBank, FieldAcquiringBank, 32, AcquiringBankLengthInvalid)
}

// checkAccount wants name@bank. The official SDK is content with any "@".
func checkAccount(account string) *Error {
	length, _, printable := look(account)
	name, bank, _ := strings.Cut(account, "@")
	switch {
	case account == "":
		return fail(BakongAccountIDRequired, FieldAccount, "is missing")
	case length > 32:
		return fail(BakongAccountIDLengthInvalid, FieldAccount, "is longer than 32")
	case name == "" || bank == "" || strings.Contains(bank, "@"), !printable, strings.ContainsFunc(account, unicode.IsSpace):
		return fail(BakongAccountIDInvalid, FieldAccount, "is not of the form name@bank")
	}
	return nil
}

func (c *Code) checkMoney() *Error {
	category, currency := or(c.CategoryCode, defaultCategory), c.currency()
	switch {
	case utf16Len(category) > 4:
		return fail(MerchantCodeLengthInvalid, FieldCategoryCode, "is longer than 4")
	case len(category) < 4 || !digits(category):
		return fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not four digits")
	}
	if err := checkCurrency(currency); err != nil {
		return err
	}
	if currency == USD && c.UnionPay != "" {
		return fail(UPIAccountInformationInvalidCurrency, FieldUnionPay, "goes with KHR only")
	}
	if !c.Dynamic() {
		return nil
	}
	_, err := normalAmount(c.Amount, currency)
	return err
}

func checkCurrency(currency Currency) *Error {
	switch {
	case utf16Len(string(currency)) > 3:
		return fail(TransactionCurrencyLengthInvalid, FieldCurrency, "is longer than 3")
	case currency != KHR && currency != USD:
		return fail(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}
	return nil
}

func (c *Code) checkNames() *Error {
	if err := required(c.MerchantName, FieldMerchantName, 25, MerchantNameRequired, MerchantNameLengthInvalid); err != nil {
		return err
	}
	return required(or(c.MerchantCity, defaultCity), FieldMerchantCity, 15, MerchantCityTagRequired, MerchantCityLengthInvalid)
}

func (c *Code) checkAdditional() *Error {
	for _, check := range [...]struct {
		value   string
		field   Field
		tooLong ErrorCode
	}{
		{c.BillNumber, FieldBillNumber, BillNumberLengthInvalid},
		{c.MobileNumber, FieldMobileNumber, MobileNumberLengthInvalid},
		{c.StoreLabel, FieldStoreLabel, StoreLabelLengthInvalid},
		{c.TerminalLabel, FieldTerminalLabel, TerminalLabelLengthInvalid},
		{c.Purpose, FieldPurpose, PurposeOfTransactionLengthInvalid},
	} {
		if err := optional(check.value, check.field, 25, check.tooLong); err != nil {
			return err
		}
	}
	return nil
}

func (c *Code) checkLanguage() *Error {
	switch {
	case c.Language != "" && c.AlternateName == "":
		return fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case c.Language == "" && c.AlternateName != "":
		return fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	}
	if err := optional(c.Language, FieldLanguage, 2, LanguagePreferenceLengthInvalid); err != nil {
		return err
	}
	if err := optional(c.AlternateName, FieldAlternateName, 25, MerchantNameAlternateLanguageLengthInvalid); err != nil {
		return err
	}
	return optional(c.AlternateCity, FieldAlternateCity, 15, MerchantCityAlternateLanguageLengthInvalid)
}

func (c *Code) checkExpires(now time.Time) *Error {
	expires := c.Expires.UnixMilli()
	switch {
	case c.Expires.IsZero():
		return fail(ExpirationTimestampRequired, FieldExpires, "is missing")
	case expires < 1e12 || expires > 1e13-1:
		return fail(ExpirationTimestampLengthInvalid, FieldExpires, "is not 13 digits of milliseconds")
	case expires < now.UnixMilli() || expires < c.Created.UnixMilli():
		return fail(ExpirationTimestampInThePast, FieldExpires, "is in the past")
	}
	return nil
}

func required(value string, field Field, limit int, missing, tooLong ErrorCode) *Error {
	err := optional(value, field, limit, tooLong)
	if value == "" || err != nil && err.Reason == isBlank {
		return fail(missing, field, "is missing")
	}
	return err
}

const isBlank = "is blank"

func optional(value string, field Field, limit int, tooLong ErrorCode) *Error {
	switch length, blank, printable := look(value); {
	case length > limit:
		return fail(tooLong, field, "is longer than "+strconv.Itoa(limit))
	case value != "" && blank:
		return fail(tooLong, field, isBlank)
	case !printable:
		return fail(KHQRInvalid, field, "holds characters that cannot be printed")
	}
	return nil
}
