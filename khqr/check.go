package khqr

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// check finds the first failure of a measured draft of c, place after place,
// which is the official SDK's order.
func (d *draft) check(c *Code, now time.Time) *Error {
	for at := range d.value {
		if err := d.checkText(c, at); err != nil {
			return err
		}
		var err *Error
		switch at {
		case atUnionPay:
			err = checkKind(c.Kind)
		case atIndividual, atMerchant:
			if d.value[at] != "" {
				err = checkAccount(d.value[at])
			}
		case atCategory:
			err = checkCategory(d.value[at])
		case atCurrency:
			err = checkCurrency(c)
		case atAmount:
			err = d.amount
		case atPurpose: // before the lengths of language, name and city
			err = checkLanguage(c)
		case atExpires:
			if c.Dynamic() {
				err = checkExpires(c, now)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkText wants what is required, of no more than its length, to read.
func (d *draft) checkText(c *Code, at int) *Error {
	p, blank := &places[at], d.class[at]&isVisible == 0
	switch {
	case d.value[at] == "" && !c.requires(at):
		return nil
	case d.value[at] == "", blank && c.requires(at):
		return fail(p.missing, p.field, "is missing")
	case at == atAmount || at == atCreated || at == atExpires:
		return nil // see d.amount and checkExpires
	case d.length[at] > p.max:
		return tooLong(at)
	case blank:
		return fail(p.tooLong, p.field, "is blank")
	case d.class[at]&isControl != 0 && at != atIndividual && at != atMerchant:
		return fail(KHQRInvalid, p.field, "holds characters that cannot be printed")
	}
	return nil
}

// requires reports whether a place that no default fills must be filled.
func (c *Code) requires(at int) bool {
	switch at {
	case atIndividual:
		return c.Kind != Merchant
	case atMerchant, atMerchantID, atMerchantBank:
		return c.Kind == Merchant
	case atName, atCity:
		return true
	}
	return false
}

func tooLong(at int) *Error {
	return fail(places[at].tooLong, places[at].field, "is longer than "+strconv.Itoa(places[at].max))
}

func checkKind(kind Kind) *Error {
	if kind != Individual && kind != Merchant {
		return fail(MerchantTypeRequired, FieldPayee, "is neither individual nor merchant")
	}
	return nil
}

// checkAccount wants name@bank. The official SDK is content with any "@".
func checkAccount(account string) *Error {
	name, bank, _ := strings.Cut(account, "@")
	_, class := look(account)
	if name == "" || bank == "" || strings.Contains(bank, "@") || class&isControl != 0 || strings.ContainsFunc(account, unicode.IsSpace) {
		return fail(BakongAccountIDInvalid, FieldAccount, "is not of the form name@bank")
	}
	return nil
}

func checkCategory(category string) *Error {
	if len(category) != 4 || !digits(category) {
		return fail(InvalidMerchantCategoryCode, FieldCategoryCode, "is not four digits")
	}
	return nil
}

func checkCurrency(c *Code) *Error {
	if !supported(c.currency()) {
		return fail(UnsupportedCurrency, FieldCurrency, "is neither KHR (116) nor USD (840)")
	}
	if c.Currency == USD && c.UnionPay != "" {
		return fail(UPIAccountInformationInvalidCurrency, FieldUnionPay, "goes with KHR only")
	}
	return nil
}

func checkLanguage(c *Code) *Error {
	switch {
	case c.Language != "" && c.AlternateName == "":
		return fail(MerchantNameAlternateLanguageRequired, FieldAlternateName, "is missing")
	case c.Language == "" && c.AlternateName != "":
		return fail(LanguagePreferenceRequired, FieldLanguage, "is missing")
	}
	return nil
}

func checkExpires(c *Code, now time.Time) *Error {
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
