package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	counterName    = "counter" // in the metadata of a sale
	saleFormPrefix = "sale of "
)

// saleLives are the choices of how long a sale can be paid, in minutes; the first is the
// usual one.
var saleLives = []string{"30", "120", "1440"}

func (s *Server) showCounter(c echo.Context, v viewer) error {
	return s.counterPage(c, v, url.Values{}, nil)
}

// counterPage shows the keypad with what was typed, and why it was refused, if it was.
// Its form has a new key: it starts another sale than the form before.
func (s *Server) counterPage(c echo.Context, v viewer, typed url.Values, wrong error) error {
	view := dashboard.Counter{
		Page: s.page(c, v, "counter"), Action: v.path("/counter"), Key: checkout.NewID(""),
		Amount: typed.Get("amount"), Note: typed.Get("note"), Life: typed.Get("life"), Lives: saleLives,
	}

	status := http.StatusOK
	if wrong != nil {
		var err error
		if status, err = refuseSale(&view, wrong); err != nil {
			return err
		}
	}

	live, err := s.counterLive(c, v)
	if err != nil {
		return err
	}
	view.Live = live
	return render(c, status, dashboard.CounterPage(view))
}

// refuseSale puts what is wrong into the page of the keypad, in the cashier's language
// where it is about the amount.
func refuseSale(view *dashboard.Counter, wrong error) (status int, err error) {
	all := checkout.AllErrors(wrong)
	if len(all) == 0 {
		return 0, wrong
	}

	for _, one := range all {
		switch {
		case one.Is(checkout.ErrSaleMade):
			view.Problem = dashboard.T(view.Lang, "counter.sale_made")
		case one.Param == "amount":
			view.AmountProblem = dashboard.T(view.Lang, "counter.amount_wrong")
		case one.Kind == checkout.KindInvalid, one.Kind == checkout.KindConflict:
			view.ProblemInEnglish = joinTexts(view.ProblemInEnglish, one.Detail)
		default:
			return 0, wrong
		}
	}

	if all[0].Kind == checkout.KindInvalid {
		return http.StatusUnprocessableEntity, nil
	}
	return failure.StatusOf(all[0].Kind), nil
}

func formatMoney(v viewer, m checkout.Money) string {
	return templates.FormatAmount(v.lang, string(m.Currency), m.Minor)
}

// startSale makes a sale of what was typed, and its code. A form that is sent twice makes
// one.
func (s *Server) startSale(c echo.Context, v viewer) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	key := form.Get("key")
	if len(key) < minFormKey || len(key) > maxFormKey {
		return errFormKey
	}

	params := checkout.SaleParams{
		Amount: checkout.TypedAmount(form.Get("amount")), Currency: form.Get("currency"), Note: strings.TrimSpace(form.Get("note")),
		Counter: counterName, CashierID: v.user.ID,
	}
	if life := form.Get("life"); slices.Contains(saleLives, life) {
		minutes, _ := strconv.Atoi(life) // one of ours
		seconds := minutes * 60
		params.ExpiresIn = &seconds
	}

	ctx := checkout.FormRequest(v.context(c), saleFormPrefix+v.merchant.ID+" "+string(v.mode)+" by "+v.user.ID, key)
	session, err := s.service.CreateSale(ctx, v.merchant.ID, v.mode, params)
	if err != nil {
		return s.counterPage(c, v, form, err)
	}

	// The one that came first starts the code; the other only shows it.
	if !session.Repeated {
		if err := s.startCode(c, v, session.ID); err != nil {
			return err
		}
	}

	return c.Redirect(http.StatusSeeOther, v.path("/counter/"+session.ID)) // which htmx follows: the page with the sound stays open
}

// startCode starts a payment by a code. Where none can be had, the page has the link.
func (s *Server) startCode(c echo.Context, v viewer, sessionID string) error {
	_, err := s.service.StartCode(v.context(c), sessionID, checkout.StartParams{})
	if errors.Is(err, checkout.ErrMethodUnavailable) {
		return nil
	}
	return err
}
