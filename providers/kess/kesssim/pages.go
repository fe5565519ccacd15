package kesssim

import (
	"cmp"
	"embed"
	"net/http"
	"slices"
	"strings"

	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

//go:embed pages
var files embed.FS

var (
	look  = simkit.Look{Name: "KESS", Header: "#0b3d2e", HeaderText: "#d9f5e8"}
	pages = look.ParsePages(files)
)

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

// order returns a copy of an order with its merchant.
func (s *Simulator) order(token string) (Order, Account, bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
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
		Order: order, Shop: account.Name, Codes: failCodeList, Action: r.URL.Path,
		Waiting: order.Status == client.StatusWaiting, Paid: !order.PaidAt.IsZero(),
	}

	for _, method := range methods {
		if account.offers(method.BIC) && (len(order.Enabled) == 0 || slices.Contains(order.Enabled, method.BIC)) {
			v.Methods = append(v.Methods, method)
		}
	}

	if !v.Waiting && order.RedirectURL != "" {
		v.Back = resultURL(order, v.Paid)
	}

	return v, true
}

// showHostedPage is the hosted page: first the methods, then the chosen one's.
func (s *Simulator) showHostedPage(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}

	v.Hosted = true
	chosen := r.URL.Query().Get("method")
	if at := slices.IndexFunc(v.Methods, func(m Method) bool { return m.BIC == chosen }); at >= 0 {
		v.Method = v.Methods[at]
		v.Card = slices.Contains(cardMethods, chosen)
	}

	simkit.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// showApp is the bank's app, opened by a deep link or a scanned QR code.
func (s *Simulator) showApp(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}
	v.Method, _ = findMethod(v.Order.Method)
	simkit.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// showScan takes the text of a QR code in place of a camera.
func (s *Simulator) showScan(w http.ResponseWriter, r *http.Request) {
	text := strings.TrimSpace(r.URL.Query().Get("qr"))
	if text == "" {
		simkit.WritePage(w, http.StatusOK, pages, "scan.html", view{})
		return
	}

	token := tokenIn(text)
	if _, _, found := s.order(token); !found {
		simkit.WritePage(w, http.StatusOK, pages, "scan.html", view{Message: "This QR code is not known."})
		return
	}

	http.Redirect(w, r, "/app/"+token, http.StatusSeeOther)
}

// showCardPayment is the page that a saved card's payment opens.
func (s *Simulator) showCardPayment(w http.ResponseWriter, r *http.Request) {
	v, ok := s.orderView(w, r)
	if !ok {
		return
	}

	if !s.isSavedCard(v.Order.SellerCode, r.URL.Query().Get("card_token")) {
		http.Error(w, "there is no such card", http.StatusNotFound)
		return
	}

	v.Method, _ = findMethod("VISA_MASTER")
	v.Action = r.URL.RequestURI()
	v.Message = "With your saved card."
	simkit.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

func (s *Simulator) submitHostedPage(w http.ResponseWriter, r *http.Request) {
	s.submit(w, r, r.PostFormValue("method"), "")
}

func (s *Simulator) submitApp(w http.ResponseWriter, r *http.Request) {
	order, _, _ := s.order(r.PathValue("token"))
	s.submit(w, r, order.Method, "")
}

func (s *Simulator) submitCardPayment(w http.ResponseWriter, r *http.Request) {
	order, _, _ := s.order(r.PathValue("token"))
	token := r.URL.Query().Get("card_token")
	if !s.isSavedCard(order.SellerCode, token) {
		http.Error(w, "there is no such card", http.StatusNotFound)
		return
	}
	s.submit(w, r, "VISA_MASTER", token)
}

// submit does what the buyer's button says. It redirects to the merchant
// when the document does: on success, and on failure of a card. What was typed into
// the card form is never read.
func (s *Simulator) submit(w http.ResponseWriter, r *http.Request, method, cardToken string) {
	if _, ok := findMethod(method); !ok && r.PostFormValue("do") != "cancel" {
		http.Error(w, "choose a payment method first", http.StatusBadRequest)
		return
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()

	order := s.byToken(r.PathValue("token"))
	if order == nil {
		http.Error(w, "there is no such order", http.StatusNotFound)
		return
	}

	var err error
	switch r.PostFormValue("do") {
	case "pay":
		order.CardToken = cardToken
		if cardToken == "" && slices.Contains(cardMethods, method) {
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
		http.Error(w, "do must be pay, fail or cancel", http.StatusBadRequest)
		return
	}

	target := r.URL.RequestURI()
	if err == nil {
		target = cmp.Or(targetAfter(r, *order, method), target)
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// targetAfter is where a buyer goes whose order was paid, or whose card was refused;
// empty: nowhere.
func targetAfter(r *http.Request, order Order, method string) string {
	paid := !order.PaidAt.IsZero()
	inApp := strings.HasPrefix(r.URL.Path, "/app/")
	if inApp || order.RedirectURL == "" || !paid && !slices.Contains(cardMethods, method) {
		return ""
	}
	return resultURL(order, paid)
}
