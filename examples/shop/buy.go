package shop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
)

type offer struct {
	product
	OrderID string // the order that the form would make
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	offers := make([]offer, len(products))
	for i, p := range products {
		offers[i] = offer{p, newOrderID()}
	}
	s.render(w, http.StatusOK, page{Title: "Psar Chas Shop", Name: "home", Data: offers})
}

// pay makes an order and its checkout session. The order's id comes with the
// form, so that a form sent twice leads to one order and one session.
func (s *shop) pay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	p, ok := findProduct(r.PostFormValue("product"))
	if !ok {
		s.fail(w, http.StatusBadRequest, failure{Text: "There is no such product."}, nil)
		return
	}

	o, err := s.orders.place(r.PostFormValue("order"), p, r.PostFormValue("either") == "yes", s.now())
	if err != nil {
		s.broken(w, err)
		return
	}

	at, err := s.checkout.create(r.Context(), s.sessionOf(o), o.ID)
	if err == nil {
		err = checkSessionURL(at.URL)
	}

	if err != nil {
		s.notStarted(w, o, err)
		return
	}

	if err := s.orders.setSession(o.ID, at); err != nil {
		s.broken(w, err)
		return
	}

	http.Redirect(w, r, at.URL, http.StatusSeeOther)
}

func (s *shop) sessionOf(o order) sessionRequest {
	order := "?order=" + url.QueryEscape(o.ID)
	request := sessionRequest{
		Amount: o.Amount, Currency: o.Currency, Reference: o.ID, Description: o.Name,
		LineItems:  []lineItem{{Name: o.Name, Quantity: 1, Amount: o.Amount}},
		SuccessURL: s.publicURL + "/thanks" + order + "&session_id={CHECKOUT_SESSION_ID}",
		CancelURL:  s.publicURL + "/canceled" + order,
	}
	if o.Either {
		request.PayCurrencies = []string{"USD", "KHR"}
	}
	return request
}

func checkSessionURL(address string) error {
	if at, err := url.Parse(address); err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		return errors.New("the API gave no address to pay at")
	}
	return nil
}

// notStarted says why a checkout could not be opened, as far as it is known.
func (s *shop) notStarted(w http.ResponseWriter, o order, err error) {
	f := failure{
		Text:    "The payment page could not be opened. Nothing was charged.",
		Product: o.Product, OrderID: o.ID,
	}

	var p *problem
	if errors.As(err, &p) {
		f.Detail, f.Field, f.Request = p.Detail, p.Param, p.RequestID
	} else {
		f.Detail = "The payment service cannot be reached now."
	}

	s.fail(w, http.StatusBadGateway, f, err)
}

func (s *shop) thanks(w http.ResponseWriter, r *http.Request) {
	o, ok := s.returned(w, r)
	if !ok {
		return
	}

	p := page{Title: "Waiting for the payment", Name: "waiting", Data: o, Refresh: 3}
	switch o.Status {
	case statusPaid:
		p = page{Title: "Thank you", Name: "paid", Data: o}
	case statusReview:
		p = page{Title: "We are looking into it", Name: "review", Data: o}
	case statusCanceled, statusExpired:
		p = page{Title: "Not paid", Name: "unpaid", Data: o}
	}

	s.render(w, http.StatusOK, p)
}

func (s *shop) canceled(w http.ResponseWriter, r *http.Request) {
	o, ok := s.returned(w, r)
	if !ok {
		return
	}
	if o.Status == statusPaid || o.Status == statusReview {
		http.Redirect(w, r, "/thanks?order="+url.QueryEscape(o.ID), http.StatusSeeOther)
		return
	}
	s.render(w, http.StatusOK, page{Title: "Not paid", Name: "unpaid", Data: o})
}

// returned is the order that a buyer comes back to, as the API knows it. What
// the address says beside the order's number proves nothing.
func (s *shop) returned(w http.ResponseWriter, r *http.Request) (order, bool) {
	query := r.URL.Query()
	o, found, err := s.orders.find(query.Get("order"))
	if err != nil {
		s.broken(w, err)
		return order{}, false
	}

	id := query.Get("session_id")
	if !found || (id != "" && o.SessionID != "" && id != o.SessionID) {
		s.fail(w, http.StatusNotFound, failure{Text: "There is no such order."}, nil)
		return order{}, false
	}

	if o.SessionID == "" {
		o.SessionID = id
	}

	return s.refreshed(r.Context(), o), true
}

// refreshed reads an order's session back and keeps what it proves. When the
// API has no answer the order stays as it is.
func (s *shop) refreshed(ctx context.Context, o order) order {
	if o.Status == statusPaid || o.SessionID == "" {
		return o
	}

	at, err := s.checkout.read(ctx, o.SessionID)
	if err != nil {
		s.log.Warn("session not read", "order", o.ID, "session", o.SessionID, "error", err)
		return o
	}

	status := o.statusOf(at)
	if status == o.Status {
		return o
	}

	if err := s.orders.setStatus(o.ID, status, ""); err != nil {
		s.log.Error("order not saved", "order", o.ID, "error", err)
		return o
	}

	o.Status = status
	return o
}

func (s *shop) list(w http.ResponseWriter, r *http.Request) {
	all, err := s.newestFirst()
	if err != nil {
		s.broken(w, err)
		return
	}
	s.render(w, http.StatusOK, page{Title: "Orders", Name: "orders", Data: all})
}

func (s *shop) listJSON(w http.ResponseWriter, r *http.Request) {
	all, err := s.newestFirst()
	if err != nil {
		s.log.Error("orders", "error", err)
		http.Error(w, "The orders cannot be read.", http.StatusInternalServerError)
		return
	}

	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(map[string]any{"orders": all}); err != nil {
		s.log.Warn("orders not sent", "error", err)
	}
}

func (s *shop) newestFirst() ([]order, error) {
	all, err := s.orders.read()
	orders := append([]order{}, all.Orders...)
	slices.Reverse(orders)
	return orders, err
}
