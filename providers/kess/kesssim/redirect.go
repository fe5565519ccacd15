package kesssim

import (
	"encoding/json"
	"net/url"
	"strings"
)

// failCodes are the card network's answers (document, "Redirect Url", "Note").
var failCodes = map[string]string{
	"DECLINED":             "Payment was declined by issuer or payer authentication was not able to be successfully completed.",
	"INSUFFICIENT_FUNDS":   "Transaction declined due to insufficient funds",
	"BLOCKED":              "Transaction blocked due to Risk or 3D Secure blocking rules",
	"CARD_NOT_SUPPORT_3DS": "Transaction blocked due to Risk or 3D Secure blocking rules",
	"NO_MATCH":             "Incorrect card security code",
	"NO_OTP":               "Payer cancelled or not confirm 3DS",
	"NEED_CONTACT":         "Please contact us for detail",
	"UNSPECIFIED_FAILURE":  "Transaction could not be processed",
	"WAITING_FINAL_STATUS": "Transaction was created and waiting final status. Please try again later",
}

// failCodeList is the order of failCodes on the page.
var failCodeList = []string{"DECLINED", "INSUFFICIENT_FUNDS", "NO_MATCH", "NO_OTP", "BLOCKED", "CARD_NOT_SUPPORT_3DS", "NEED_CONTACT", "UNSPECIFIED_FAILURE", "WAITING_FINAL_STATUS"}

// resultURL returns redirect_url with the document's parameters of a result.
func resultURL(order Order, paid bool) string {
	values := url.Values{"out_trade_no": {order.OutTradeNo}, "token": {order.Token}}
	if paid {
		values.Set("success", "1")
		values.Set("message", "Payment Successful!")
		return addQuery(order.RedirectURL, values)
	}

	values.Set("success", "0")
	values.Set("message", "Payment Failed!")
	if text := failCodes[order.FailCode]; text != "" {
		values.Set("message", text)
		values.Set("pay_response", payResponse(order.FailCode))
	}

	return addQuery(order.RedirectURL, values)
}

// canceledURL returns redirect_url with the parameters of a canceled payment; the
// order stays waiting.
func canceledURL(order Order) string {
	return addQuery(order.RedirectURL, url.Values{
		"success": {"0"}, "out_trade_no": {order.OutTradeNo}, "token": {order.Token},
		"message": {failCodes["NO_OTP"]}, "pay_response": {payResponse("NO_OTP")},
	})
}

func payResponse(code string) string {
	text, _ := json.Marshal(map[string]string{"gatewayCode": code, "acquirerMessage": failCodes[code]})
	return string(text) // two strings always encode
}

// addQuery returns a URL with further query parameters.
func addQuery(target string, values url.Values) string {
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	return target + separator + values.Encode()
}
