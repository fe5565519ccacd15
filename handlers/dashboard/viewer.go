package dashboard

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// viewer is who asks for a page of a merchant, and what they may do there.
type viewer struct {
	user     users.User
	signIn   users.SignIn
	role     users.Role
	merchant checkout.Merchant
	mode     checkout.Mode
	lang     string
}

// may reports whether the viewer has a right at this merchant.
func (v viewer) may(right users.Right) bool { return v.role.May(right) }

// path is the address of a page of the viewer's merchant and mode: path("/payments").
func (v viewer) path(page string) string { return merchantPath(v.merchant.ID, v.mode, page) }

func merchantPath(merchantID string, mode checkout.Mode, page string) string {
	return Prefix + "/" + string(mode) + "/" + url.PathEscape(merchantID) + page
}

// context is the request's, for what the viewer does: the audit trail names them.
func (v viewer) context(c echo.Context) context.Context {
	return checkout.WithActor(c.Request().Context(), users.Actor(v.user.ID))
}

var errRole = &checkout.Error{Kind: checkout.KindForbidden, Code: "role_lacks_right", Detail: "Your role does not allow this."}

// asViewer handles a route of a merchant. Who is not signed in is asked to; who has no
// role at the merchant gets the same answer as for one that does not exist.
func (s *Server) asViewer(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		signIn, user, err := s.whoIs(c)
		if err != nil {
			return err
		}

		mode := checkout.Mode(c.Param("mode"))
		if mode != checkout.ModeTest && mode != checkout.ModeLive {
			return checkout.ErrNotFound
		}

		role, err := s.users.Role(ctx, user, c.Param("merchant"))
		if err != nil {
			return err
		}

		merchant, err := s.store.Merchant(ctx, c.Param("merchant"))
		if err != nil {
			return err
		}

		v := viewer{user: user, signIn: signIn, role: role, merchant: merchant, mode: mode, lang: s.language(c, user)}
		if r.right != "" && !v.may(r.right) {
			return errRole
		}

		if r.recent && !signIn.Recent(s.now()) {
			return s.confirmFirst(c)
		}

		return r.handle(c, v)
	}
}

// confirmFirst sends a user whose last proof of who they are is too old to give one.
// Then they go on to the page that the form was on.
func (s *Server) confirmFirst(c echo.Context) error {
	next := c.Request().URL.RequestURI()
	if c.Request().Method != http.MethodGet {
		next = refererPath(c.Request())
	}
	return redirect(c, confirmPath+"?next="+url.QueryEscape(next))
}

// refererPath is the path and query of the page that a form was on; the start page when
// the browser does not say.
func refererPath(r *http.Request) string {
	referer, err := url.Parse(r.Referer())
	if err != nil || referer.Host != r.Host {
		return Prefix
	}
	return referer.RequestURI()
}

// redirect sends a browser to another page: after a form by a GET, and from a request of
// htmx as a whole page.
func redirect(c echo.Context, address string) error {
	if c.Request().Header.Get("HX-Request") == "true" {
		c.Response().Header().Set("HX-Redirect", address)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, address)
}
