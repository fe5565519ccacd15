package dashboard

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout/users"
)

// Addresses of the dashboard.
const (
	Prefix = "/dashboard"

	merchantRoute = Prefix + "/:mode/:merchant" // of which each route is a page
	signInPath    = Prefix + "/sign-in"
	confirmPath   = Prefix + "/confirm"
)

// Owns reports whether a path is the dashboard's.
func Owns(path string) bool { return path == Prefix || strings.HasPrefix(path, Prefix+"/") }

// route is a page of a merchant, or a form on one.
type route struct {
	method string
	path   string      // below merchantRoute
	right  users.Right // that the viewer needs; empty: none but a role
	recent bool        // the viewer must have proved lately who they are
	handle func(echo.Context, viewer) error
}

// routes are all pages and forms of merchants.
func (s *Server) routes() []route {
	return slices.Concat(
		s.takingsRoutes(),
		s.statementRoutes(),
		s.recordRoutes(),
		s.counterRoutes(),
		s.linkRoutes(),
		s.paymentRoutes(),
		s.purchaseRoutes(),
		s.webhookRoutes(),
		s.keyRoutes(),
		s.settingsRoutes(),
		s.noticeRoutes(),
		s.sellerRoutes(),
		s.teamRoutes(),
		[]route{{http.MethodGet, "/rights", "", false, s.showRights}},
	)
}

// Register adds the routes of the dashboard.
func (s *Server) Register(e *echo.Echo) {
	group := e.Group("", s.setHeaders, s.sameOrigin)
	group.GET(Prefix, s.chooseMerchant)

	group.GET(signInPath, s.showSignIn)
	group.POST(signInPath, s.signIn)
	group.GET(confirmPath, s.asUser(false, s.showConfirm))
	group.POST(confirmPath, s.asUser(false, s.confirm))
	group.POST(Prefix+"/sign-out", s.asUser(false, s.signOut))
	group.GET(UserLinkPath+":token", s.showUserLink)
	group.POST(UserLinkPath+":token", s.useUserLink)
	group.GET(MailPath+":token", s.showMailPage)
	group.POST(MailPath+":token", s.confirmAddressee)
	group.POST(MailPath+":token/stop", s.stopAddressee)

	s.registerPasskeys(group)
	s.registerAccount(group)
	s.registerCodes(group)
	s.registerRequests(group)
	s.registerInstalled(group)
	s.registerDisplay(group)

	s.registerMerchants(group)
}

// registerMerchants adds the routes of merchants. The address of a form that was refused is
// in the browser, and in the links of its page, such as those to other languages: opened,
// it leads to the page that the form is on.
func (s *Server) registerMerchants(group *echo.Group) {
	all := s.routes()
	pages := map[string]bool{}
	for _, r := range all {
		pages[r.path] = pages[r.path] || r.method == http.MethodGet
		group.Add(r.method, merchantRoute+r.path, s.asViewer(r))
	}

	for form, isPage := range pages {
		if isPage {
			continue
		}
		levels := 0
		for above := form; !pages[above]; levels++ {
			above = above[:strings.LastIndex(above, "/")]
		}
		group.GET(merchantRoute+form, leadUp(levels))
	}
}

// leadUp leads to the page so many levels above an address, with the same query.
func leadUp(levels int) echo.HandlerFunc {
	return func(c echo.Context) error {
		to := url.URL{Path: c.Request().URL.Path, RawQuery: c.Request().URL.RawQuery}
		for range levels {
			to.Path = path.Dir(to.Path)
		}
		return c.Redirect(http.StatusSeeOther, to.RequestURI())
	}
}
