package dashboard

import (
	"github.com/gorilla/sessions"

	"rieltime/checkout/users"
)

// Route is a route as tests read it.
type Route struct {
	Method string
	Path   string // with the parameters :mode and :merchant
	Right  users.Right
	Recent bool
}

// Routes lists the routes of merchants.
func Routes() (all []Route) {
	for _, r := range (&Server{}).routes() {
		all = append(all, Route{r.method, merchantRoute + r.path, r.right, r.recent})
	}
	return all
}

// The names of the cookie and of its value.
const (
	SecureCookieName = secureCookieName
	TokenKey         = tokenKey
)

// RequestCookieName is the name of the cookie of a request to be signed in.
const RequestCookieName = "__Secure-" + requestCookieName

// CookieStore makes the cookies of a server with a key.
func CookieStore(key []byte) sessions.Store { return cookieStore(key, true) }
