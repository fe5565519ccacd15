package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// startPayment is POST /c/{session}/payments: the buyer's choice of a method,
// which leads to the code or to the provider's page. That page is reached from
// ours (go=1), never by redirecting this form: browsers follow a form's redirect
// only to origins that the policy of its page named, and that page knew none.
func (s *Server) startPayment(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	customer := checkout.Customer{
		Name: strings.TrimSpace(form.Get("name")), Email: strings.TrimSpace(form.Get("email")), Phone: strings.TrimSpace(form.Get("phone")),
	}
	method := form.Get("method")
	s.saveLanguage(c, id)
	purchase, err := s.startAttempt(c, id, checkout.StartParams{Method: method, Currency: checkout.Currency(form.Get("currency")), Customer: customer, SaveCard: form.Get("save_card") == "1"})
	if err != nil {
		return s.refuseForm(c, id, err, func(page *templates.Checkout) {
			markChoiceErrors(page, checkout.AllErrors(err), method, customer)
		})
	}

	s.started.put(purchase, s.now())
	latest := purchase.Latest()
	s.log.Info("payment started", "request_id", request.ID(c), "payment", latest.ID, "provider", latest.Provider, "status", latest.Status)
	target := pagePath(id)
	if leavesPage(latest) {
		target += "?go=1"
	}

	return c.Redirect(http.StatusSeeOther, withLanguage(target, requestedLanguage(c)))
}

// startAttempt starts a payment by the chosen method within the rate limits.
func (s *Server) startAttempt(c echo.Context, sessionID string, params checkout.StartParams) (checkout.Purchase, error) {
	if err := s.allowAttempt(c, sessionID); err != nil {
		return checkout.Purchase{}, err
	}

	params.Holder, params.Device = s.holders.seal(request.ClientAddress(c)), deviceOf(c.Request().Header)
	params.Locale, params.Accepts = s.buyerLanguage(c), templates.MatchLanguage(acceptedLanguages(c))
	return s.service.StartPayment(c.Request().Context(), sessionID, params)
}

// leavesPage reports whether a new attempt takes the buyer to the provider's page.
func leavesPage(payment *checkout.Payment) bool {
	return payment != nil && !payment.Status.Closed() &&
		(payment.NextAction.Kind == checkout.ActionRedirect || payment.NextAction.Kind == checkout.ActionFormPost)
}

// markChoiceErrors shows at each field what is wrong with it. An error that is
// about none of them asks the buyer to pick a method again.
func markChoiceErrors(page *templates.Checkout, errs []*checkout.Error, method string, given checkout.Customer) {
	customer := templates.CustomerFields{
		Method: method,
		Name:   templates.Field{Value: given.Name}, Email: templates.Field{Value: given.Email}, Phone: templates.Field{Value: given.Phone},
	}

	fields := map[string]*templates.Field{"name": &customer.Name, "email": &customer.Email, "phone": &customer.Phone}
	for _, err := range errs {
		field, ok := fields[err.Param]
		if !ok {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticePickMethod)
			return
		}

		what := ".invalid"
		if strings.HasSuffix(err.Code, "_missing") {
			what = ".missing"
		}

		field.Error = templates.T(page.Lang, "field."+err.Param+what)
	}

	page.Notice, page.Customer = templates.NewNotice(page.Lang, templates.NoticeFields), customer
}
