package bayopaysim

import (
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rieltime/providers/bayopay/internal/client"
	"rieltime/providers/simkit"
)

// mandatory and optional are the parameters of the payment form ("Request
// Parameters").
var (
	mandatory = []string{
		"bayo_niagaid", "bayo_channel", "bayo_currency", "bayo_orderid", "bayo_amount",
		"bayo_name", "bayo_email", "bayo_mobile", "bayo_description", "bayo_reqhash",
	}
	optional = []string{"bayo_returnurl", "bayo_callbackurl"}
)

// readForm returns the form, with every mandatory parameter, each once, and none
// that is unknown; or an error code.
func readForm(r *http.Request) (map[string]string, string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, codeMissing
	}

	values, err := url.ParseQuery(string(simkit.ReadBody(r)))
	if err != nil {
		return nil, codeInvalid
	}

	form := map[string]string{}
	for name, texts := range values {
		if len(texts) != 1 || !utf8.ValidString(texts[0]) || !slices.Contains(mandatory, name) && !slices.Contains(optional, name) {
			return nil, codeInvalid
		}
		form[name] = texts[0]
	}

	for _, name := range mandatory {
		if form[name] == "" {
			return nil, codeMissing
		}
	}

	return form, ""
}

// valid are the formats of the parameters.
var valid = map[string]func(string) bool{
	"bayo_currency":    regexp.MustCompile(`^[A-Z]{3}$`).MatchString,
	"bayo_amount":      regexp.MustCompile(`^(0|[1-9][0-9]{0,11})\.[0-9]{2}$`).MatchString,
	"bayo_orderid":     regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`).MatchString,
	"bayo_mobile":      regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`).MatchString,
	"bayo_name":        func(s string) bool { return utf8.RuneCountInString(s) <= 128 && isPlain(s, "") },
	"bayo_email":       isEmail,
	"bayo_description": func(s string) bool { return len(s) <= 64<<10 && isPlain(s, ".,-") },
	"bayo_returnurl":   isWebURL,
	"bayo_callbackurl": isWebURL,
}

// isPlain reports whether a text is alphanumeric, in any script, with spaces and what further names.
func isPlain(text, further string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != ' ' && !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune(further, r)
	})
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) <= 128
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// checkRequest returns the error code of a request that cannot be trusted.
func checkRequest(form map[string]string, account Account, known bool) string {
	if !known {
		return codeMerchant
	}

	request := client.Request{
		NiagaID: form["bayo_niagaid"], Currency: form["bayo_currency"],
		OrderID: form["bayo_orderid"], Amount: form["bayo_amount"],
	}
	if form["bayo_reqhash"] != request.Hash(account.NiagaKey) {
		return codeInvalid
	}

	for name, isValid := range valid {
		if form[name] != "" && !isValid(form[name]) {
			return codeInvalid
		}
	}

	return ""
}

// checkAllowed returns the error code of a transaction that the account may not
// make.
func checkAllowed(t Transaction, account Account) string {
	for _, address := range []string{t.ReturnURL, t.CallbackURL} {
		if !isRegistered(account, address) {
			return codeNotAllowed
		}
	}

	if !slices.ContainsFunc(account.Channels, func(c Channel) bool { return c.Name == t.Channel }) {
		return codeChannel
	}
	at := slices.IndexFunc(account.Channels, func(c Channel) bool { return c.Name == t.Channel && slices.Contains(c.Currencies, t.Currency) })
	if at < 0 {
		return codeCurrency
	}

	channel := account.Channels[at]
	switch {
	case hundredths(t.Amount) <= hundredths(channel.MoreThan):
		return codeTooLittle
	case hundredths(t.Amount) >= hundredths(channel.LessThan):
		return codeTooMuch
	}

	return ""
}

func isRegistered(account Account, address string) bool {
	return address == "" || len(account.Registered) == 0 || slices.ContainsFunc(account.Registered, func(prefix string) bool {
		return address == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(address, prefix)
	})
}

// hundredths returns an amount with two decimals as an integer; zero for any
// other text.
func hundredths(amount string) int64 {
	n, _ := strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64)
	return n
}
