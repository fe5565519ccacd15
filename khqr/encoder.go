package khqr

import (
	"cmp"
	"strconv"
	"time"
)

// encoder writes a code as text. Its values are indexed by element; "" leaves an
// element out.
type encoder struct {
	values    [elementCount]string
	dynamic   bool
	amountErr *Error // nil for a valid amount
}

// Values for empty fields.
const (
	defaultCategory = "5999"
	defaultCity     = "Phnom Penh"
)

func (c *Code) currencyOrDefault() Currency { return cmp.Or(c.Currency, KHR) }

// setValues sets the values to the fields of c. now is the creation time of a dynamic
// code that has none.
func (e *encoder) setValues(c *Code, now time.Time) {
	v := &e.values
	v[elemFormat], v[elemMethod], v[elemUnionPay] = "01", methodStatic, c.UnionPay
	if c.Kind == Merchant {
		v[elemMerchant], v[elemMerchantID], v[elemMerchantBank] = c.Account, c.MerchantID, c.AcquiringBank
	} else {
		v[elemIndividual], v[elemAccountInformation], v[elemIndividualBank] = c.Account, c.AccountInformation, c.AcquiringBank
	}

	v[elemCategory], v[elemCurrency], v[elemCountry] = cmp.Or(c.CategoryCode, defaultCategory), string(c.currencyOrDefault()), "KH"
	v[elemName], v[elemCity] = c.MerchantName, cmp.Or(c.MerchantCity, defaultCity)
	v[elemBillNumber], v[elemMobileNumber], v[elemStoreLabel] = c.BillNumber, c.MobileNumber, c.StoreLabel
	v[elemTerminalLabel], v[elemPurpose] = c.TerminalLabel, c.Purpose
	v[elemLanguage], v[elemAlternateName], v[elemAlternateCity] = c.Language, c.AlternateName, c.AlternateCity
	if e.dynamic = c.Dynamic(); !e.dynamic {
		return
	}

	v[elemMethod] = methodDynamic
	if v[elemAmount], e.amountErr = normalizeAmount(c.Amount, c.currencyOrDefault()); e.amountErr != nil {
		v[elemAmount] = c.Amount
	}

	if !c.Created.IsZero() {
		now = c.Created
	}

	v[elemCreated], v[elemExpires] = timestamps(now, c.Expires)
}

// timestamps formats the two times of tag 99; a zero time is "".
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

// write checks and writes one element after another, in the order in which the
// official SDK checks them. It returns the first failure.
func (e *encoder) write(c *Code, now time.Time) (string, *Error) {
	out := make([]byte, 0, 512)
	var overflow *Error // returned last, because the SDK has no such check
	start, length := 0, 0
	for elem := range e.values {
		p, header := &elements[elem], &elementHeaders[elem]
		if header.first {
			start, length = len(out), 0
			out = appendHeader(out, p.tag, 0)
		}

		if value := e.values[elem]; value != "" || c.isRequired(elem) {
			n, class := classify(value)
			if n > p.max || class&(classVisible|classControl) != classVisible {
				if err := c.textError(elem, n, class); err != nil {
					return "", err
				}
			}

			out = append(out, header.id[0], header.id[1], byte('0'+n/10), byte('0'+n%10))
			out = append(out, value...)
			length += 4 + n
		}

		if header.checked {
			if err := e.checkContent(c, elem, now); err != nil {
				return "", err
			}
		}

		switch {
		case !header.last:
		case length == 0:
			out = out[:start]
		case length > maxValueLength:
			overflow = newError(KHQRInvalid, fieldOf(p.tag, ""), "is longer than 99 in total")
		default:
			appendHeader(out[:start], p.tag, length)
		}
	}

	if overflow != nil {
		return "", overflow
	}
	if err := checkSharedAccount(c.Kind, c.Account, c.AccountInformation); err != nil {
		return "", err
	}

	return closeWithCRC(out, ""), nil
}

// elementHeaders holds, for each element, its tag or sub-tag, whether it is the first or
// last of its template, and whether checkContent checks it.
var elementHeaders = func() (headers [elementCount]struct {
	id                   [2]byte
	first, last, checked bool
}) {
	for elem, p := range elements {
		copy(headers[elem].id[:], cmp.Or(p.sub, p.tag))
		if p.sub != "" {
			headers[elem].first = p.tag != elements[elem-1].tag
			headers[elem].last = p.tag != elements[elem+1].tag
		}
	}

	for _, elem := range elementsWithContentCheck {
		headers[elem].checked = true
	}

	return headers
}()

// textError returns the error of an element's text, by its length and class. It is nil
// where checkContent decides.
func (c *Code) textError(elem, length int, class uint8) *Error {
	p, blank := &elements[elem], class&classVisible == 0
	switch {
	case blank && c.isRequired(elem):
		return newError(p.missing, p.field, "is missing")
	case class&classInvalid != 0:
		return newError(KHQRInvalid, p.field, "is not valid UTF-8")
	case elem == elemAmount || elem == elemCreated || elem == elemExpires:
		return nil
	case length > p.max:
		return tooLongError(elem)
	case blank:
		return newError(p.tooLong, p.field, "is blank")
	case elem == elemIndividual || elem == elemMerchant:
		return nil
	}

	return newError(KHQRInvalid, p.field, "contains characters that cannot be printed")
}

// elementsWithContentCheck are the elements that checkContent checks.
var elementsWithContentCheck = []int{elemUnionPay, elemIndividual, elemMerchant, elemCategory, elemCurrency, elemAmount, elemPurpose, elemExpires}

// checkContent checks an element's value beyond its length and characters.
func (e *encoder) checkContent(c *Code, elem int, now time.Time) *Error {
	switch elem {
	case elemUnionPay:
		return checkKind(c.Kind)
	case elemIndividual, elemMerchant:
		if e.values[elem] != "" {
			return checkAccount(e.values[elem])
		}

	case elemCategory:
		return checkCategory(e.values[elem])
	case elemCurrency:
		return checkCurrency(c)
	case elemAmount:
		return e.amountErr
	case elemPurpose: // checked before the lengths of language, name and city
		return checkLanguage(c)
	case elemExpires:
		if e.dynamic {
			return checkExpires(c, now)
		}
	}

	return nil
}

// isRequired reports whether an element without a default value must not be empty.
func (c *Code) isRequired(elem int) bool {
	switch elem {
	case elemIndividual:
		return c.Kind != Merchant
	case elemMerchant, elemMerchantID, elemMerchantBank:
		return c.Kind == Merchant
	case elemName, elemCity:
		return true
	}
	return false
}
