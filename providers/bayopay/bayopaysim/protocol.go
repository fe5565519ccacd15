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

	"rieltime/providers/bayopay/internal/hash"
	"rieltime/providers/simulator"
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

// receive takes the payment form and sends the buyer to the card page, or
// shows why not.
func (s *Simulator) receive(w http.ResponseWriter, r *http.Request) {
	form, code := readForm(r)
	if code == "" {
		s.mu.Lock()
		account, known := s.state.Accounts[form["bayo_niagaid"]]
		s.mu.Unlock()
		code = checkRequest(form, account, known)
		if code == "" {
			s.begin(w, r, form, account)
			return
		}
	}

	s.mu.Lock()
	s.state.Ledger.Refusals[code]++
	s.mu.Unlock()
	renderError(w, code)
}

// begin records the transaction. What the account may not do ends it at once.
func (s *Simulator) begin(w http.ResponseWriter, r *http.Request, form map[string]string, account Account) {
	t := Transaction{
		NiagaID: account.NiagaID, OrderID: form["bayo_orderid"], Amount: form["bayo_amount"],
		Currency: form["bayo_currency"], Channel: form["bayo_channel"], Name: form["bayo_name"],
		Email: form["bayo_email"], Mobile: form["bayo_mobile"], Description: form["bayo_description"],
		ReturnURL: or(form["bayo_returnurl"], account.ReturnURL), CallbackURL: or(form["bayo_callbackurl"], account.CallbackURL),
	}

	t, err := s.add(t)
	if code := checkAllowed(t, account); err == nil && code != "" {
		s.mu.Lock()
		s.state.Ledger.Refusals[code]++
		s.mu.Unlock()
		err = s.settle(t.TranID, statusFailed, code)
	}

	if err != nil {
		renderError(w, "BP00013")
		return
	}

	s.fly(t)
	s.goTo(w, r, t.TranID)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// readForm wants every mandatory parameter, each once, and none unknown.
func readForm(r *http.Request) (map[string]string, string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, "BP00001"
	}

	values, err := url.ParseQuery(string(simulator.ReadBody(r)))
	if err != nil {
		return nil, "BP00005"
	}

	form := map[string]string{}
	for name, texts := range values {
		if len(texts) != 1 || !utf8.ValidString(texts[0]) || !slices.Contains(mandatory, name) && !slices.Contains(optional, name) {
			return nil, "BP00005"
		}
		form[name] = texts[0]
	}

	for _, name := range mandatory {
		if form[name] == "" {
			return nil, "BP00001"
		}
	}

	return form, ""
}

var forms = map[string]func(string) bool{
	"bayo_currency":    regexp.MustCompile(`^[A-Z]{3}$`).MatchString,
	"bayo_amount":      regexp.MustCompile(`^(0|[1-9][0-9]{0,11})\.[0-9]{2}$`).MatchString,
	"bayo_orderid":     regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`).MatchString,
	"bayo_mobile":      regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`).MatchString,
	"bayo_name":        func(s string) bool { return utf8.RuneCountInString(s) <= 128 && plain(s, "") },
	"bayo_email":       isEmail,
	"bayo_description": func(s string) bool { return len(s) <= 64<<10 && plain(s, ".,-") },
	"bayo_returnurl":   isAddress,
	"bayo_callbackurl": isAddress,
}

// plain reports whether a text is alphanumeric, in any script, with blanks.
func plain(text, further string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != ' ' && !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune(further, r)
	})
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) <= 128
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// checkRequest gives the error code of a request that is not to be trusted.
func checkRequest(form map[string]string, account Account, known bool) string {
	if !known {
		return "BP00002"
	}

	request := hash.Request{
		NiagaID: form["bayo_niagaid"], Currency: form["bayo_currency"],
		OrderID: form["bayo_orderid"], Amount: form["bayo_amount"],
	}
	if form["bayo_reqhash"] != request.Sum(account.NiagaKey) {
		return "BP00005"
	}

	for name, fits := range forms {
		if form[name] != "" && !fits(form[name]) {
			return "BP00005"
		}
	}

	return ""
}

// checkAllowed gives the error code of what an account may not do.
func checkAllowed(t Transaction, account Account) string {
	for _, address := range []string{t.ReturnURL, t.CallbackURL} {
		if !registered(account, address) {
			return "BP00010"
		}
	}

	at := slices.IndexFunc(account.Channels, func(c Channel) bool { return c.Name == t.Channel })
	if at < 0 {
		return "BP00006"
	}

	channel := account.Channels[at]
	switch {
	case !slices.Contains(channel.Currencies, t.Currency):
		return "BP00007"
	case hundredths(t.Amount) <= hundredths(channel.MoreThan):
		return "BP00008"
	case hundredths(t.Amount) >= hundredths(channel.LessThan):
		return "BP00009"
	}

	return ""
}

func registered(account Account, address string) bool {
	return address == "" || len(account.Registered) == 0 || slices.ContainsFunc(account.Registered, func(beginning string) bool {
		return address == beginning || strings.HasSuffix(beginning, "/") && strings.HasPrefix(address, beginning)
	})
}

// hundredths reads an amount with two decimals; others are zero.
func hundredths(amount string) int64 {
	n, _ := strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64)
	return n
}
