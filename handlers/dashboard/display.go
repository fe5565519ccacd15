package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	displayPath       = Prefix + "/display" // of the second screen itself
	displayPollPath   = displayPath + "/live"
	displayShortPath  = "/counter/display" // leads to displayPath, and is easier to type
	displayCookieName = "rieltime_display"

	// What the screen goes back to when nothing new is sold.
	displayPaidFor = time.Minute
	displaySaleFor = 30 * time.Minute
	displayPause   = 2 // seconds between two polls
)

// displayStore has the second screens.
type displayStore interface {
	InsertDisplay(ctx context.Context, display users.Display, now time.Time) error
	PairDisplay(ctx context.Context, codeHash, tokenHash string, now, until time.Time) error

	// Display finds a paired screen and its cashier, as long as their sign-in goes on.
	Display(ctx context.Context, tokenHash string) (users.Display, users.User, error)

	DisplayOf(ctx context.Context, merchantID string, mode checkout.Mode, userID string) (users.Display, error)
	DeleteDisplay(ctx context.Context, merchantID string, mode checkout.Mode, userID string) error
}

func (s *Server) registerDisplay(group *echo.Group) {
	group.GET(displayPath, s.showDisplay)
	group.GET(displayShortPath, leadToDisplay)
	group.GET(displayPollPath, s.showDisplayLive)
	group.POST(displayPath, s.pairDisplay)
}

// leadToDisplay goes on to the second screen, with the code that pairs it.
func leadToDisplay(c echo.Context) error {
	target := url.URL{Path: displayPath, RawQuery: c.QueryParams().Encode()}
	return c.Redirect(http.StatusSeeOther, target.String())
}

// displayCookie holds the token of a paired screen. It signs nobody in.
func (s *Server) displayCookie(c echo.Context) *sessions.Session {
	name := displayCookieName
	if s.secure {
		name = "__Secure-" + name
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	session.Options.MaxAge = int(users.DisplayLife.Seconds())
	session.Options.SameSite = http.SameSiteStrictMode
	return session
}

// manageDisplay is the cashier's page about their second screen.
func (s *Server) manageDisplay(c echo.Context, v viewer) error {
	display, err := s.store.DisplayOf(c.Request().Context(), v.merchant.ID, v.mode, v.user.ID)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return err
	}
	view := s.displayPage(c, v)
	if err == nil && display.TokenHash != "" && s.now().Before(display.ExpiresAt) {
		view.PairedAt, view.Until = templates.FormatTime(v.lang, display.PairedAt), templates.FormatTime(v.lang, display.ExpiresAt)
	}
	return render(c, http.StatusOK, dashboard.DisplaySettingPage(view))
}

func (s *Server) displayPage(c echo.Context, v viewer) dashboard.DisplaySetting {
	return dashboard.DisplaySetting{
		Page: s.titled(c, v, "counter", "display.title"), Action: v.path("/counter/display"), UnpairURL: v.path("/counter/display/unpair"),
		CounterURL: v.path("/counter"), Address: s.baseURL + displayShortPath,
	}
}

// newDisplay makes a code for a second screen and shows it, this once. A screen that was
// paired before is so no longer.
func (s *Server) newDisplay(c echo.Context, v viewer) error {
	code, display := users.NewDisplay(v.merchant.ID, v.mode, v.signIn, s.now())
	if err := s.store.InsertDisplay(v.context(c), display, s.now()); err != nil {
		return err
	}
	view := s.displayPage(c, v)
	view.Code, view.Until = code.Reveal(), templates.FormatClock(display.ExpiresAt)

	var err error
	if view.SVG, err = templates.QRSVG(s.baseURL + displayPath + "?" + url.Values{"code": {view.Code}}.Encode()); err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.DisplaySettingPage(view))
}

func (s *Server) unpairDisplay(c echo.Context, v viewer) error {
	if err := s.store.DeleteDisplay(v.context(c), v.merchant.ID, v.mode, v.user.ID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, v.path("/counter/display"))
}

// pairDisplay pairs this browser by the code that a cashier has made.
func (s *Server) pairDisplay(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	token, hash := users.NewDisplayToken()
	now := s.now()
	err = s.store.PairDisplay(c.Request().Context(), users.DisplayCodeHash(form.Get("code")), hash, now, now.Add(users.DisplayLife))
	if errors.Is(err, users.ErrDisplayCode) {
		return s.pairingPage(c, http.StatusUnprocessableEntity, "display.wrong")
	}
	if err != nil {
		return err
	}

	session := s.displayCookie(c)
	session.Values[tokenKey] = token.Reveal()
	if err := session.Save(c.Request(), c.Response()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, displayPath)
}

// pairingPage asks for a code. problem is the key of a text; empty: there is none.
func (s *Server) pairingPage(c echo.Context, status int, problem string) error {
	lang := s.language(c, users.User{})
	view := dashboard.Pairing{Page: s.plainPage(c, lang, "display.title"), Action: displayPath, Code: c.QueryParam("code")}
	if problem != "" {
		view.Problem = dashboard.T(lang, problem)
	}
	return render(c, status, dashboard.PairingPage(view))
}

// pairedDisplay finds the display of this browser: users.ErrDisplayCode when there is
// none, or it has ended, or its cashier may take payments no longer.
func (s *Server) pairedDisplay(c echo.Context) (users.Display, error) {
	token, _ := s.displayCookie(c).Values[tokenKey].(string)
	if token == "" {
		return users.Display{}, users.ErrDisplayCode
	}

	ctx := c.Request().Context()
	display, user, err := s.store.Display(ctx, users.DisplayTokenHash(checkout.Secret(token)))
	switch {
	case errors.Is(err, checkout.ErrNotFound):
		return display, users.ErrDisplayCode
	case err != nil:
		return display, err
	case !s.now().Before(display.ExpiresAt), !user.DisabledAt.IsZero():
		return display, users.ErrDisplayCode
	}

	role, err := s.users.Role(ctx, user, display.MerchantID)
	if errors.Is(err, checkout.ErrNotFound) || err == nil && !role.May(users.TakePayments) {
		return display, users.ErrDisplayCode
	}
	return display, err
}

func (s *Server) showDisplay(c echo.Context) error {
	display, err := s.pairedDisplay(c)
	if errors.Is(err, users.ErrDisplayCode) {
		return s.pairingPage(c, http.StatusOK, "")
	}
	if err != nil {
		return err
	}
	view, err := s.displayView(c, display)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.DisplayPage(view))
}

// showDisplayLive is what a paired screen polls: empty while it still holds. One that has
// ended loads its page, which asks for a code.
func (s *Server) showDisplayLive(c echo.Context) error {
	display, err := s.pairedDisplay(c)
	if errors.Is(err, users.ErrDisplayCode) {
		return redirect(c, displayPath)
	}
	if err != nil {
		return err
	}
	view, err := s.displayView(c, display)
	if err != nil {
		return err
	}
	if view.Shown == c.QueryParam("shown") {
		return c.NoContent(http.StatusNoContent)
	}
	return render(c, http.StatusOK, dashboard.DisplayPart(view))
}

// displayView is what a buyer sees: the code of the cashier's latest sale, or that it is
// paid, and otherwise the shop's name only.
func (s *Server) displayView(c echo.Context, display users.Display) (dashboard.Display, error) {
	ctx, now := c.Request().Context(), s.now()
	merchant, err := s.store.Merchant(ctx, display.MerchantID)
	if err != nil {
		return dashboard.Display{}, err
	}
	lang := s.language(c, users.User{})
	view := dashboard.Display{Page: s.plainPage(c, lang, "display.title"), Shop: merchant.Name, Test: display.Mode == checkout.ModeTest, State: dashboard.DisplayIdle, Seconds: displayPause}
	view.Refresh = refreshPause

	sales, err := s.store.Sales(ctx, display.MerchantID, display.Mode, display.UserID, checkout.TimeRange{From: now.Add(-displaySaleFor), To: now.Add(time.Minute)}, 1)
	if err != nil {
		return view, err
	}
	if len(sales) == 1 {
		if err := s.addDisplayedSale(ctx, &view, sales[0].Session.ID); err != nil {
			return view, err
		}
	}

	view.Shown = view.Sale + string(view.State) + view.Reference
	view.PollURL = displayPollPath + "?" + url.Values{"shown": {view.Shown}, "lang": {lang}}.Encode()
	return view, nil
}

func (s *Server) addDisplayedSale(ctx context.Context, view *dashboard.Display, sessionID string) error {
	purchase, err := s.service.Purchase(ctx, sessionID)
	if err != nil {
		return err
	}

	state, payment := saleState(purchase, s.now())
	switch {
	case state == dashboard.SaleCode:
		view.State, view.Reference = dashboard.DisplayCode, payment.Reference
		if view.SVG, err = templates.QRSVG(payment.NextAction.QRCode); err != nil {
			return err
		}
	case state == dashboard.SalePaid && s.now().Sub(purchase.Session.ClosedAt) < displayPaidFor:
		view.State = dashboard.DisplayPaid
	default:
		return nil
	}
	view.Sale, view.Amount = sessionID, templates.FormatAmount(view.Lang, string(purchase.Session.Amount.Currency), purchase.Session.Amount.Minor)
	return nil
}
