package dashboard

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// confirmRequestPath is the path in the QR code of a browser that asks to be signed in; the
// code's secret follows.
const confirmRequestPath = Prefix + "/phone/"

// showRequestToConfirm shows a user which browser asks to be signed in as them.
func (s *Server) showRequestToConfirm(c echo.Context, v signedIn) error {
	asks, err := s.users.RequestToConfirm(c.Request().Context(), checkout.Secret(c.Param("code")))
	if errors.Is(err, users.ErrRequestOver) {
		return s.requestOverPage(c, v)
	}
	if err != nil {
		return err
	}

	return render(c, http.StatusOK, dashboard.RequestToConfirmPage(dashboard.RequestToConfirm{
		Page: s.userPage(c, v, "request.confirm.title"), Path: confirmRequestPath + c.Param("code"), Number: asks.Number,
		Browser: browserName(asks.UserAgent), Address: asks.Address, Elsewhere: asks.Address != request.ClientAddress(c),
		At: templates.FormatTime(v.lang, asks.CreatedAt),
	}))
}

func (s *Server) requestOverPage(c echo.Context, v signedIn) error {
	return render(c, http.StatusNotFound, dashboard.SignInPage(dashboard.SignIn{
		Page: s.userPage(c, v, "request.confirm.title"), Lead: dashboard.T(v.lang, "request.over"),
	}))
}

// confirmRequest lets the browser that asks sign in as the user.
func (s *Server) confirmRequest(c echo.Context, v signedIn) error {
	err := s.users.ConfirmRequest(v.context(c), checkout.Secret(c.Param("code")), v.signIn)
	if errors.Is(err, users.ErrRequestOver) {
		return s.requestOverPage(c, v)
	}
	if err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=sign_in_confirmed")
}

// refuseRequest ends a request that is not the user's own.
func (s *Server) refuseRequest(c echo.Context, v signedIn) error {
	err := s.users.RefuseRequest(v.context(c), checkout.Secret(c.Param("code")))
	if errors.Is(err, users.ErrRequestOver) {
		return s.requestOverPage(c, v)
	}
	if err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=sign_in_refused")
}
