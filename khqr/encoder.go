package khqr

import (
	"cmp"
	"strconv"
	"time"
)

// draft is a code on its way to text: what goes into each place, "" for nothing.
type draft struct {
	value   [placeCount]string
	dynamic bool
	amount  *Error // what is wrong with the amount
}

// What is written where a field is empty.
const (
	defaultCategory = "5999"
	defaultCity     = "Phnom Penh"
)

func (c *Code) currency() Currency { return cmp.Or(c.Currency, KHR) }

// fill puts c into its places. now is the creation time of a dynamic code that
// has none.
func (d *draft) fill(c *Code, now time.Time) {
	v := &d.value
	v[atFormat], v[atMethod], v[atUnionPay] = "01", methodStatic, c.UnionPay
	if c.Kind == Merchant {
		v[atMerchant], v[atMerchantID], v[atMerchantBank] = c.Account, c.MerchantID, c.AcquiringBank
	} else {
		v[atIndividual], v[atAccountInformation], v[atIndividualBank] = c.Account, c.AccountInformation, c.AcquiringBank
	}

	v[atCategory], v[atCurrency], v[atCountry] = cmp.Or(c.CategoryCode, defaultCategory), string(c.currency()), "KH"
	v[atName], v[atCity] = c.MerchantName, cmp.Or(c.MerchantCity, defaultCity)
	v[atBillNumber], v[atMobileNumber], v[atStoreLabel] = c.BillNumber, c.MobileNumber, c.StoreLabel
	v[atTerminalLabel], v[atPurpose] = c.TerminalLabel, c.Purpose
	v[atLanguage], v[atAlternateName], v[atAlternateCity] = c.Language, c.AlternateName, c.AlternateCity
	if d.dynamic = c.Dynamic(); !d.dynamic {
		return
	}

	v[atMethod] = methodDynamic
	if v[atAmount], d.amount = normalAmount(c.Amount, c.currency()); d.amount != nil {
		v[atAmount] = c.Amount
	}

	if !c.Created.IsZero() {
		now = c.Created
	}

	v[atCreated], v[atExpires] = timestamps(now, c.Expires)
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

// write checks what is in each place and writes it, place after place, which is
// the official SDK's order of checks too: it returns the first failure.
func (d *draft) write(c *Code, now time.Time) (string, *Error) {
	var scratch [512]byte
	out := scratch[:0]
	var overflow *Error // the SDK has no such check: its own failures come first
	start, length := 0, 0
	for at := range d.value {
		p, head := &places[at], &heads[at]
		if head.opens {
			start, length = len(out), 0
			out = appendHead(out, p.tag, 0)
		}

		if value := d.value[at]; value != "" || c.requires(at) {
			n, class := look(value)
			if n > p.max || class&(isVisible|isControl) != isVisible {
				if err := c.refuse(at, n, class); err != nil {
					return "", err
				}
			}

			out = append(out, head.id[0], head.id[1], byte('0'+n/10), byte('0'+n%10))
			out = append(out, value...)
			length += 4 + n
		}

		if head.checked {
			if err := d.checkMeaning(c, at, now); err != nil {
				return "", err
			}
		}

		if head.closes {
			switch {
			case length == 0:
				out = out[:start]
			case length > maxValue:
				overflow = fail(KHQRInvalid, fieldOf(p.tag, ""), "is longer than 99 in all")
			default:
				appendHead(out[:start], p.tag, length)
			}
		}
	}

	if overflow != nil {
		return "", overflow
	}
	if err := checkShared(c.Kind, c.Account, c.AccountInformation); err != nil {
		return "", err
	}

	return seal(out, ""), nil
}

// heads are the tag that a place's value follows, whether the place is the first
// or the last of a template, and whether checkMeaning has a case for it.
var heads = func() (heads [placeCount]struct {
	id                     [2]byte
	opens, closes, checked bool
}) {
	for at, p := range places {
		copy(heads[at].id[:], cmp.Or(p.sub, p.tag))
		if p.sub != "" {
			heads[at].opens = p.tag != places[at-1].tag
			heads[at].closes = p.tag != places[at+1].tag
		}
	}

	for _, at := range checkedPlaces {
		heads[at].checked = true
	}

	return heads
}()
