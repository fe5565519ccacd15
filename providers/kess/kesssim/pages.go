package kesssim

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

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

// failOrder is how the page lists them.
var failOrder = []string{"DECLINED", "INSUFFICIENT_FUNDS", "NO_MATCH", "NO_OTP", "BLOCKED", "CARD_NOT_SUPPORT_3DS", "NEED_CONTACT", "UNSPECIFIED_FAILURE", "WAITING_FINAL_STATUS"}

type view struct {
	Order   Order
	Shop    string
	Methods []Method
	Method  Method // the one chosen
	Card    bool   // the method takes a card
	Codes   []string
	Action  string // where the buttons post to
	Hosted  bool   // methods can be chosen again
	Waiting bool
	Paid    bool
	Back    string // the merchant's address for a finished order
	Message string
}

func (s *Simulator) order(token string) (Order, Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byToken(token)
	if found == nil {
		return Order{}, Account{}, false
	}
	return *found, s.state.Accounts[found.SellerCode], true
}

// orderView loads an order for a page; it answers 404 itself.
func (s *Simulator) orderView(w http.ResponseWriter, r *http.Request) (view, bool) {
	order, account, found := s.order(r.PathValue("token"))
	if !found {
		http.Error(w, "there is no such order", http.StatusNotFound)
		return view{}, false
	}

	v := view{
		Order: order, Shop: account.Name, Codes: failOrder, Action: r.URL.Path,
		Waiting: order.Status == gateway.StatusWaiting, Paid: !order.PaidAt.IsZero(),
	}

	for _, method := range methods {
		if account.has(method.BIC) && (len(order.Enabled) == 0 || slices.Contains(order.Enabled, method.BIC)) {
			v.Methods = append(v.Methods, method)
		}
	}

	if !v.Waiting && order.RedirectURL != "" {
		v.Back = resultURL(order, v.Paid)
	}

	return v, true
}

// showPay is the hosted page: first the methods, then the chosen one's.
func (s *Simulator) showPay(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}

	v.Hosted = true
	chosen := r.URL.Query().Get("method")
	if at := slices.IndexFunc(v.Methods, func(m Method) bool { return m.BIC == chosen }); at >= 0 {
		v.Method = v.Methods[at]
		v.Card = slices.Contains(cards, chosen)
	}

	simulator.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// showApp is the bank's app, opened by a deep link or a scanned QR code.
func (s *Simulator) showApp(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}
	v.Method, _ = findMethod(v.Order.Method)
	simulator.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// showScan takes the text of a QR code in place of a camera.
func (s *Simulator) showScan(w http.ResponseWriter, r *http.Request) {
	text := strings.TrimSpace(r.URL.Query().Get("qr"))
	if text == "" {
		simulator.WritePage(w, http.StatusOK, pages, "scan.html", view{})
		return
	}

	token := tokenIn(text)
	if _, _, found := s.order(token); !found {
		simulator.WritePage(w, http.StatusOK, pages, "scan.html", view{Message: "This QR code is not known."})
		return
	}

	http.Redirect(w, r, "/app/"+token, http.StatusSeeOther)
}

// showCardPay is the page that a saved card's payment opens.
func (s *Simulator) showCardPay(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}

	if !s.cardKnown(v.Order.SellerCode, r.URL.Query().Get("card_token")) {
		http.Error(w, "there is no such card", http.StatusNotFound)
		return
	}

	v.Method, _ = findMethod("VISA_MASTER")
	v.Action = r.URL.RequestURI()
	v.Message = "With your saved card."
	simulator.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

func (s *Simulator) pressPay(w http.ResponseWriter, r *http.Request) {
	s.press(w, r, r.PostFormValue("method"), "")
}

func (s *Simulator) pressApp(w http.ResponseWriter, r *http.Request) {
	order, _, _ := s.order(r.PathValue("token"))
	s.press(w, r, order.Method, "")
}

func (s *Simulator) pressCardPay(w http.ResponseWriter, r *http.Request) {
	order, _, _ := s.order(r.PathValue("token"))
	token := r.URL.Query().Get("card_token")
	if !s.cardKnown(order.SellerCode, token) {
		http.Error(w, "there is no such card", http.StatusNotFound)
		return
	}
	s.press(w, r, "VISA_MASTER", token)
}

// press does what the buyer's button says. It leads back to the merchant when
// the document does: on success, and on failure of a card. What was typed into
// the card form is never read.
func (s *Simulator) press(w http.ResponseWriter, r *http.Request, method, cardToken string) {
	if _, known := findMethod(method); !known && r.PostFormValue("do") != "cancel" {
		http.Error(w, "choose how to pay first", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	order := s.byToken(r.PathValue("token"))
	if order == nil {
		http.Error(w, "there is no such order", http.StatusNotFound)
		return
	}

	var err error
	switch r.PostFormValue("do") {
	case "pay":
		order.CardToken = cardToken
		if cardToken == "" && slices.Contains(cards, method) {
			order.CardToken = s.keepCard(order.SellerCode)
		}
		err = s.settle(order, method, false)

	case "fail":
		code := r.PostFormValue("code")
		if failCodes[code] == "" {
			code = "DECLINED"
		}
		err = s.fail(order, method, code)

	case "cancel":
		target := r.URL.RequestURI()
		if order.RedirectURL != "" {
			target = canceledURL(*order)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
		return

	default:
		http.Error(w, "what to do is pay, fail or cancel", http.StatusBadRequest)
		return
	}

	target := r.URL.RequestURI()
	paid := !order.PaidAt.IsZero()
	leadsBack := !strings.HasPrefix(r.URL.Path, "/app/") && (paid || slices.Contains(cards, method))
	if err == nil && order.RedirectURL != "" && leadsBack {
		target = resultURL(*order, paid)
	}

	http.Redirect(w, r, target, http.StatusSeeOther)
}

// resultURL is redirect_url with the document's parameters.
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

// canceledURL says that the payer canceled; the order goes on waiting.
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

func addQuery(target string, values url.Values) string {
	glue := "?"
	if strings.Contains(target, "?") {
		glue = "&"
	}
	return target + glue + values.Encode()
}

func serveCSS(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/simulator.css")
}
