package dashboard

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// showPayment shows a payment with all that happened about its session.
func (s *Server) showPayment(c echo.Context, v viewer) error {
	purchase, payment, err := s.ownPayment(c, v)
	if err != nil {
		return err
	}
	return s.purchaseForm(c, v, purchase, payment.ID, openForm{name: c.QueryParam("open")})
}

// showSession shows a session by its latest payment.
func (s *Server) showSession(c echo.Context, v viewer) error {
	purchase, err := s.ownSession(c, v)
	if err != nil {
		return err
	}

	shown := purchase.Session.PaymentID
	if latest := purchase.Latest(); shown == "" && latest != nil {
		shown = latest.ID
	}
	return s.purchaseForm(c, v, purchase, shown, openForm{name: c.QueryParam("open")})
}

// purchaseForm renders the page of a purchase with a payment in front; none when the
// session has none.
func (s *Server) purchaseForm(c echo.Context, v viewer, purchase checkout.Purchase, paymentID string, open openForm) error {
	story, err := s.store.PurchaseStory(c.Request().Context(), purchase)
	if err != nil {
		return err
	}

	page := dashboard.PurchasePage{
		Page: s.page(c, v, "payments"), Reference: purchase.Session.Reference, Session: s.sessionView(v, purchase),
		Steps: s.story(v, purchase, story), Audit: s.auditRows(c, v, story.Audit),
	}
	page.Title = dashboard.T(v.lang, "payment.title", "reference", purchase.Session.Reference)
	setDone(c, &page.Page, "queried", "refunded", "decided", "extended", "closed", "resent")

	for i := range purchase.Payments {
		if payment := purchase.Payments[i]; payment.ID == paymentID {
			view := s.paymentView(v, payment)
			page.Payment = &view
		} else {
			page.Others = append(page.Others, s.paymentRow(v, checkout.PaymentRow{Session: purchase.Session, Payment: &purchase.Payments[i]}))
		}
	}

	status := http.StatusOK
	if payment := purchase.Payment(paymentID); payment != nil {
		if status, err = s.setForms(v, &page, *payment, open); err != nil {
			return err
		}
	}

	return render(c, status, dashboard.OnePurchasePage(page))
}

// setForms shows the forms that the viewer may send about a payment.
func (s *Server) setForms(v viewer, page *dashboard.PurchasePage, payment checkout.Payment, open openForm) (status int, err error) {
	status = http.StatusOK
	for name, form := range map[string]*dashboard.Form{formRefund: s.refundForm(v, payment, open), formReview: s.reviewForm(v, payment, open)} {
		if form == nil {
			if open.name == name && open.err != nil {
				return 0, open.err
			}
			continue
		}

		shown := &dashboard.OpenForm{Form: *form, Open: open.name == name}
		if shown.Open && open.err != nil {
			if status, err = refused(&shown.Form, open.err); err != nil {
				return 0, err
			}
		}

		if name == formRefund {
			page.Refund = shown
		} else {
			page.Review = shown
		}
	}

	return status, nil
}

// refundForm is nil when there is nothing to give back.
func (s *Server) refundForm(v viewer, payment checkout.Payment, open openForm) *dashboard.Form {
	left := payment.Refundable()
	if !v.may(users.Refund) || left.Minor <= 0 {
		return nil
	}

	values := url.Values{"amount": {left.Decimal()}, "key": {rand.Text()}}
	if !s.service.CanRefund(payment) {
		values.Set("by_hand", "yes")
	}
	if open.name == formRefund && open.values != nil {
		values = open.values
	}

	text := func(key string) string { return dashboard.T(v.lang, key) }
	return &dashboard.Form{
		Action: v.path("/payments/" + payment.ID + "/refunds"), Submit: text("payment.refund"), Hidden: map[string]string{"key": values.Get("key")},
		Fields: []dashboard.Field{
			{Name: "amount", Label: text("refund.amount") + " (" + string(left.Currency) + ")", Value: values.Get("amount"), Required: true, MaxLength: 20,
				Hint: dashboard.T(v.lang, "refund.left", "amount", templates.FormatAmount(v.lang, string(left.Currency), left.Minor))},
			{Name: "reason", Label: text("refund.reason"), Value: values.Get("reason"), Required: true, MaxLength: 255},
			{Name: "by_hand", Label: text("refund.by_hand"), Kind: dashboard.FieldBox, Value: values.Get("by_hand"), Hint: text("refund.by_hand.hint")},
			{Name: "note", Label: text("refund.note"), Value: values.Get("note"), MaxLength: 500},
		},
	}
}

// reviewForm is nil when nothing waits for a decision.
func (s *Server) reviewForm(v viewer, payment checkout.Payment, open openForm) *dashboard.Form {
	if !v.may(users.Review) || payment.Review == checkout.ReviewNone || payment.Decision != nil {
		return nil
	}

	values := open.values
	if open.name != formReview {
		values = nil
	}
	options := []dashboard.Option{{Text: dashboard.T(v.lang, "review.choose")}}
	for _, decision := range []checkout.Decision{checkout.DecisionAccept, checkout.DecisionRefunded, checkout.DecisionRefuse} {
		options = append(options, dashboard.Option{Value: string(decision), Text: dashboard.T(v.lang, "review."+string(decision))})
	}

	return &dashboard.Form{
		Action: v.path("/payments/" + payment.ID + "/review"), Submit: dashboard.T(v.lang, "payment.decide"),
		Fields: []dashboard.Field{
			{Name: "decision", Label: dashboard.T(v.lang, "review.decision"), Kind: dashboard.FieldSelect, Required: true, Options: options, Value: values.Get("decision"),
				Hint: dashboard.T(v.lang, "review.why_"+string(payment.Review))},
			{Name: "note", Label: dashboard.T(v.lang, "review.note"), Value: values.Get("note"), MaxLength: 500},
		},
	}
}
