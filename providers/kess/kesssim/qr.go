package kesssim

import (
	"fmt"
	"strings"
)

// qrText returns the QR code of a native order, in the document's shape (EMV tags
// with the order's token in tag 62); WeChat and AliPay have a plain text.
func qrText(o Order, merchant string) string {
	if o.Method == "WECHAT" || o.Method == "ALIPAY" {
		return strings.ToLower(o.Method) + "://pay/" + o.Token
	}

	currency := "840"
	if o.Currency == "KHR" {
		currency = "116"
	}

	text := tag("00", "01") + tag("01", "12") + tag("30", tag("00", o.Method)) + tag("52", "0000") +
		tag("53", currency) + tag("54", o.TotalAmount.String()) + tag("58", "KH") +
		tag("59", merchant) + tag("60", "Phnom Penh") + tag("62", tag("01", o.Token)) + "6304"
	return text + fmt.Sprintf("%04X", crc16(text))
}

// tokenIn returns an order's token from the text of a QR code; "" when it has
// none.
func tokenIn(text string) string {
	if _, token, found := strings.Cut(text, "://pay/"); found {
		return token
	}
	_, rest, found := strings.Cut(text, "62280124")
	if !found || len(rest) < 24 {
		return ""
	}
	return rest[:24]
}

// tag returns an EMV tag with its length.
func tag(id, value string) string { return fmt.Sprintf("%s%02d%s", id, len(value), value) }

// crc16 returns the CRC-16/CCITT-FALSE that EMV codes end with.
func crc16(text string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(text) {
		crc ^= uint16(text[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}

	return crc
}
