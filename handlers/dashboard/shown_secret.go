package dashboard

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

// keepSecret keeps the secret of an object that was just made, and goes on to the page
// below the object's that shows it. A form that is sent again by a reload would make
// another.
func (s *Server) keepSecret(c echo.Context, v viewer, object string, secret checkout.Secret, path string) error {
	if err := s.users.KeepSecret(v.context(c), v.signIn, object, secret); err != nil {
		return err
	}
	return redirect(c, path+"/secret")
}

// secretPage completes the page of an object's secret and shows it, this once.
func (s *Server) secretPage(c echo.Context, v viewer, object string, page dashboard.SecretPage) error {
	secret, err := s.users.TakeSecret(v.context(c), v.signIn, object)
	if err != nil && !errors.Is(err, users.ErrSecretShown) {
		return err
	}
	page.Secret = secret.Reveal()
	return render(c, http.StatusOK, dashboard.ShowSecret(page))
}
