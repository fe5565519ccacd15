package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/handlers"
	"rieltime/handlers/dashboard"
)

var sessionKey = []byte(strings.Repeat("k", 32))

// harness is the server over a database of its own with the merchants klaing, in both
// modes, and krama, and with a user of klaing's for each role.
type harness struct {
	*checkouttest.Harness
	e        *echo.Echo
	users    *users.Service
	telegram knownBots
	members  map[users.Role]users.User // of klaing
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{Harness: checkouttest.New(t), telegram: knownBots{}, members: map[users.Role]users.User{}}
	h.ApplyFile(`{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}},"live":{"providers":{"bank":{}}}}`)
	h.ApplyFile(`{"id":"krama","name":"Krama House","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)

	h.users = users.NewService(h.Store, h.Clock)
	h.e = handlers.New(handlers.Config{
		Service: h.Service, Verifier: h.Verifier, Store: h.Store, Users: h.users, Notices: notices.NewService(h.Store, h.telegram, h.Clock),
		BaseURL: "https://pay.example", SessionKey: sessionKey, Now: h.Clock,
	})

	for _, role := range users.Roles() {
		h.members[role] = h.createUser(string(role)+"@klaing.example", map[string]users.Role{"klaing": role})
	}

	return h
}

func (h *harness) createUser(email string, roles map[string]users.Role) users.User {
	h.T.Helper()
	user, err := h.users.CreateUser(h.T.Context(), users.User{Email: email}, roles)
	if err != nil {
		h.T.Fatal(err)
	}
	return user
}

// browser is a browser in which a user is signed in, or nobody.
type browser struct {
	h      *harness
	cookie *http.Cookie
}

// as returns a browser of klaing's user with a role.
func (h *harness) as(role users.Role) *browser {
	h.T.Helper()
	return h.signIn(h.members[role])
}

func (h *harness) signIn(user users.User) *browser {
	h.T.Helper()
	token, err := h.users.StartSignIn(h.T.Context(), user.ID, users.MethodPassword, users.Client{UserAgent: "test"})
	if err != nil {
		h.T.Fatal(err)
	}
	return &browser{h, tokenCookie(h.T, token)}
}

// tokenCookie returns the cookie that the server sets for a token.
func tokenCookie(t *testing.T, token checkout.Secret) *http.Cookie {
	t.Helper()
	session, _ := sessions.NewCookieStore(sessionKey).New(httptest.NewRequest(http.MethodGet, "/", nil), dashboard.SecureCookieName)
	session.Values[dashboard.TokenKey] = token.Reveal()
	w := httptest.NewRecorder()
	if err := session.Save(httptest.NewRequest(http.MethodGet, "/", nil), w); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	b.h.T.Helper()
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.h.e.ServeHTTP(w, r)
	return w
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	b.h.T.Helper()
	return b.send(httptest.NewRequest(http.MethodGet, "https://pay.example"+target, nil))
}

// post sends a form from a page of ours; fields are pairs.
func (b *browser) post(target string, fields ...string) *httptest.ResponseRecorder {
	b.h.T.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "https://pay.example"+target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", echo.MIMEApplicationForm)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// page gets a page that must be there.
func (b *browser) page(target string) *goquery.Document {
	b.h.T.Helper()
	w := b.get(target)
	if w.Code != http.StatusOK {
		b.h.T.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	return document(b.h.T, w)
}

func document(t *testing.T, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// trail is what the audit trail has about an object, oldest first.
func (h *harness) trail(object string) []checkout.AuditEntry {
	h.T.Helper()
	trail, err := h.Store.AuditTrail(h.T.Context(), db.AuditQuery{Object: object, Limit: 100})
	if err != nil {
		h.T.Fatal(err)
	}
	return trail
}
