package khqr

import (
	"strconv"
	"time"
)

// draft is a code on its way to text: what goes into each place, "" for nothing,
// and what look found there.
type draft struct {
	value  [placeCount]string
	length [placeCount]int
	class  [placeCount]uint8
	amount *Error // what is wrong with the amount
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
	v[atCategory], v[atCurrency], v[atCountry] = or(c.CategoryCode, defaultCategory), string(c.currency()), "KH"
	v[atName], v[atCity] = c.MerchantName, or(c.MerchantCity, defaultCity)
	v[atBillNumber], v[atMobileNumber], v[atStoreLabel] = c.BillNumber, c.MobileNumber, c.StoreLabel
	v[atTerminalLabel], v[atPurpose] = c.TerminalLabel, c.Purpose
	v[atLanguage], v[atAlternateName], v[atAlternateCity] = c.Language, c.AlternateName, c.AlternateCity
	if !c.Dynamic() {
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

func (d *draft) measure() {
	for i, value := range d.value {
		if value != "" {
			d.length[i], d.class[i] = look(value)
		}
	}
}

// write puts the values into their places and closes the code.
func (d *draft) write() (string, error) {
	var scratch [512]byte
	out := scratch[:0]
	for i := 0; i < placeCount; {
		if places[i].sub == "" {
			if d.value[i] != "" {
				out = append(appendHead(out, places[i].tag, d.length[i]), d.value[i]...)
			}
			i++
			continue
		}
		tag, first, length := places[i].tag, i, 0
		for ; places[i].tag == tag; i++ {
			if d.value[i] != "" {
				length += 4 + d.length[i]
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
			if d.value[j] != "" {
				out = append(appendHead(out, places[j].sub, d.length[j]), d.value[j]...)
			}
		}
	}
	return seal(out, ""), nil
}
