package dashboard

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/compressed"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/static"
	"rieltime/web/templates/dashboard"
)

// render renders a component completely before anything is sent, so that a failure can
// still be answered with an error page.
func render(c echo.Context, status int, component templ.Component) error {
	var buffer bytes.Buffer
	if err := component.Render(context.WithoutCancel(c.Request().Context()), &buffer); err != nil {
		return err
	}
	return compressed.HTML(c, status, buffer.Bytes())
}

// page is the frame of a viewer's page. section is the entry of the menu that it
// belongs to, and names its title in the catalogue.
func (s *Server) page(c echo.Context, v viewer, section string) dashboard.Page {
	p := s.plainPage(c, v.lang, "nav."+section)
	p.UserName, p.Role = v.user.DisplayName(), string(v.role)
	p.Merchant, p.Test = v.merchant.Name, v.mode == checkout.ModeTest
	p.TestURL, p.LiveURL = merchantPath(v.merchant.ID, checkout.ModeTest, ""), merchantPath(v.merchant.ID, checkout.ModeLive, "")

	for _, item := range menu {
		if item.right == "" || v.may(item.right) {
			p.Menu = append(p.Menu, dashboard.MenuItem{Name: item.name, URL: v.path(item.path), Current: item.name == section})
		}
	}

	return p
}

// titled is the frame of a page below an entry of the menu, with a title of its own.
func (s *Server) titled(c echo.Context, v viewer, section, title string) dashboard.Page {
	p := s.page(c, v, section)
	p.Title = dashboard.T(v.lang, title)
	return p
}

// plainPage is the frame of a page of nobody in particular.
func (s *Server) plainPage(c echo.Context, lang, title string) dashboard.Page {
	return dashboard.Page{
		Lang: lang, Title: dashboard.T(lang, title), Path: c.Request().URL.RequestURI(),
		CSS: static.URL("dashboard.css"), JS: static.URL("dashboard.bundle.js"),
	}
}

// menu is what a viewer can go to, by their rights.
var menu = []struct {
	name  string
	path  string
	right users.Right
}{
	{"today", "", users.ViewPayments},
	{"counter", "/counter", users.TakePayments},
	{"payments", "/payments", users.ViewPayments},
	{"charts", "/charts", users.ViewPayments},
	{"close", "/close", users.Export},
	{"statements", "/statements", users.Reconcile},
	{"records", "/records", users.Reconcile},
	{"webhooks", "/webhooks", users.ViewWebhooks},
	{"links", "/links", users.ViewLinks},
	{"keys", "/keys", users.ManageKeys},
	{"settings", "/settings", users.ViewSettings},
	{"notices", "/notices", users.ManageSettings},
	{"bot", "/bot", users.TakePayments},
	{"team", "/team", users.ManageTeam},
	{"rights", "/rights", ""},
}

// RenderFailure answers an error as a page. Who is not signed in is asked to.
func (s *Server) RenderFailure(c echo.Context, f failure.Failure) error {
	if f.Err.Is(users.ErrSignedOut) {
		next := c.Request().URL.RequestURI()
		if c.Request().Method != http.MethodGet {
			next = refererPath(c.Request())
		}
		return redirect(c, signInPath+"?next="+url.QueryEscape(next))
	}

	if c.Request().Header.Get(echo.HeaderAccept) == echo.MIMEApplicationJSON {
		return s.renderForScript(c, f)
	}

	p := s.plainPage(c, s.language(c, users.User{}), "error.title")
	return render(c, f.Status, dashboard.ErrorPage(dashboard.Failure{
		Page: p, Text: f.Err.Detail, NotFound: f.Status == http.StatusNotFound, RequestID: request.ID(c),
	}))
}
