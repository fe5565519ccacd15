package khqr

import (
	"strconv"
	"time"
)

// Decode reads a code: its fields, and every tag it holds in Code.Tags. It
// wants a well-formed sequence of tags of at most 7,089 bytes and fails
// otherwise with an *Error (KHQRInvalid); its work and memory grow with the
// text's length alone.
//
// Decode does not judge what it reads: a code may be damaged (its CRC is not
// checked), expired, or name no payee. Verify tells. Of duplicated tags the last
// one counts, as in the official SDK, which is why Verify refuses them.
//
// Created and Expires stay zero where tag 99 lacks them or holds no 13-digit
// time; see Legacy.
func Decode(text string) (*Code, error) {
	tags, err := parse(text)
	if err != nil {
		return nil, err
	}
	return decodeTags(tags), nil
}

func decodeTags(tags Tags) *Code {
	c := &Code{Tags: tags}
	for i := range tags {
		tag := &tags[i]
		switch tag.ID {
		case tagUnionPay:
			c.UnionPay = tag.Value
		case tagIndividual:
			c.readPayee(Individual, tag.Sub)
		case tagMerchant:
			c.readPayee(Merchant, tag.Sub)
		case tagCategory:
			c.CategoryCode = tag.Value
		case tagCurrency:
			c.Currency = Currency(tag.Value)
		case tagAmount:
			c.Amount = tag.Value
		case tagName:
			c.MerchantName = tag.Value
		case tagCity:
			c.MerchantCity = tag.Value
		case tagAdditional:
			c.readAdditional(tag.Sub)
		case tagLanguage:
			c.Language, c.AlternateName, c.AlternateCity = tag.Sub.value("00"), tag.Sub.value("01"), tag.Sub.value("02")
		case tagTimestamp:
			c.Created, c.Expires = parseMillis(tag.Sub.value(subCreated)), parseMillis(tag.Sub.value(subExpires))
		}
	}
	return c
}

func (c *Code) readPayee(kind Kind, sub Tags) {
	c.Kind, c.Account, c.AcquiringBank = kind, sub.value("00"), sub.value("02")
	c.AccountInformation, c.MerchantID = sub.value("01"), ""
	if kind == Merchant {
		c.AccountInformation, c.MerchantID = "", c.AccountInformation
	}
}

func (c *Code) readAdditional(sub Tags) {
	c.BillNumber, c.MobileNumber = sub.value("01"), sub.value("02")
	c.StoreLabel, c.TerminalLabel = sub.value("03"), sub.value("07")
	c.Purpose = sub.value("08")
}

func (t Tags) value(id string) string {
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].ID == id {
			return t[i].Value
		}
	}
	return ""
}

// parseMillis reads a time of tag 99, zero if it is none.
func parseMillis(s string) time.Time {
	if len(s) != 13 || !digits(s) {
		return time.Time{}
	}
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
