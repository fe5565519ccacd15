package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// startPayment is POST /c/{session}/payments: the buyer's choice, then on to
// the provider or to the code. The provider's page is reached from ours, never
// by redirecting this form: browsers let a form be redirected only to origins
// that the page it stood on has named, and that page knew none.
func (s *Server) startPayment(c echo.Context) error {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
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
	s.chooseLanguage(c, id)
	purchase, err := s.start(c, id, checkout.StartParams{Method: method, Customer: customer, SaveCard: form.Get("save_card") == "1"})
	if err != nil {
		return s.sendBack(c, id, err, func(page *templates.Checkout, _ *checkout.Error) {
			correctChoice(page, checkout.AllErrors(err), method, customer)
		})
	}

	latest := purchase.Latest()
	s.log.Info("payment started", "request_id", request.ID(c), "payment", latest.ID, "provider", latest.Provider, "status", latest.Status)
	target := pagePath(id)
	if leaves(latest) {
		target += "?go=1"
	}

	return c.Redirect(http.StatusSeeOther, withLanguage(target, askedLanguage(c)))
}

func (s *Server) start(c echo.Context, sessionID string, params checkout.StartParams) (checkout.Purchase, error) {
	if err := s.allowAttempt(c, sessionID); err != nil {
		return checkout.Purchase{}, err
	}
	purchase, err := s.service.Purchase(c.Request().Context(), sessionID)
	if err != nil {
		return checkout.Purchase{}, err
	}
	params.Holder = s.holders.seal(request.ClientAddress(c))
	params.Locale, params.Device = s.language(c, purchase.Session), deviceOf(c.Request().Header)
	return s.service.StartPayment(c.Request().Context(), sessionID, params)
}

// leaves reports whether a new attempt takes the buyer to the provider's page.
func leaves(payment *checkout.Payment) bool {
	return payment != nil && !payment.Status.Closed() &&
		(payment.NextAction.Kind == checkout.ActionRedirect || payment.NextAction.Kind == checkout.ActionFormPost)
}

// correctChoice says on the page what was wrong with a choice.
func correctChoice(page *templates.Checkout, wrong []*checkout.Error, method string, given checkout.Customer) {
	customer := templates.CustomerFields{
		Method: method,
		Name:   templates.Field{Value: given.Name}, Email: templates.Field{Value: given.Email}, Phone: templates.Field{Value: given.Phone},
	}

	fields := map[string]*templates.Field{"name": &customer.Name, "email": &customer.Email, "phone": &customer.Phone}
	for _, problem := range wrong {
		field, asked := fields[problem.Param]
		if !asked {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticePickMethod)
			return
		}

		what := ".invalid"
		if strings.HasSuffix(problem.Code, "_missing") {
			what = ".missing"
		}

		field.Error = templates.T(page.Lang, "field."+problem.Param+what)
	}

	page.Notice, page.Customer = templates.NewNotice(page.Lang, templates.NoticeFields), customer
}
