// Package dashboard is what the people of a merchant see: payments, links, webhooks and
// settings, each by what their role there may do. A page's view is made from what the
// service returns and rendered by web/templates/dashboard.
package dashboard

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/sessions"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/reconcile"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/checkout/verifier"
)

// Config is what the dashboard needs; all of it is required.
type Config struct {
	Service  *checkout.Service
	Verifier *verifier.Verifier
	Users    *users.Service
	Notices  *notices.Service
	Store    Store
	BaseURL  string // our own address as browsers see it, without a trailing slash

	// SessionKey signs the cookie that holds the token of a sign-in; 32 bytes or more.
	SessionKey []byte

	// ReceiptURL is the address of the page that says that a session is paid; nil when
	// there is none.
	ReceiptURL func(sessionID string) string

	// LogoURL is the address of a picture that a merchant has uploaded.
	LogoURL func(merchantID, hash string) string

	// Logo returns the picture that buyers see as a merchant's logo, with its type;
	// checkout.ErrNotFound when there is none.
	Logo func(ctx context.Context, merchant checkout.Merchant) (contentType string, picture []byte, err error)

	Log *slog.Logger
	Now func() time.Time
}

// Server answers the dashboard's pages.
type Server struct {
	service    *checkout.Service
	verifier   *verifier.Verifier
	users      *users.Service
	notices    *notices.Service
	statements *statements.Service
	reconcile  *reconcile.Service
	passkeys   *users.Passkeys // nil: browsers have none for baseURL
	store      Store
	baseURL    string
	secure     bool // baseURL is https

	cookies    sessions.Store
	receiptURL func(sessionID string) string
	logoURL    func(merchantID, hash string) string
	logo       func(ctx context.Context, merchant checkout.Merchant) (contentType string, picture []byte, err error)
	exports    chan struct{} // has an element for each that is being made
	imports    chan struct{} // has an element for each statement that is being read
	importing  sync.Map      // of the address of an upload that is being imported to its importProgress

	log *slog.Logger
	now func() time.Time
}

// New returns the dashboard; Register adds its routes to a server.
func New(config Config) *Server {
	secure := strings.HasPrefix(strings.ToLower(config.BaseURL), "https://")
	return &Server{
		service: config.Service, verifier: config.Verifier, users: config.Users, notices: config.Notices, passkeys: users.NewPasskeys(config.Users, config.BaseURL), store: config.Store,
		baseURL: config.BaseURL, secure: secure, cookies: cookieStore(config.SessionKey, secure),
		receiptURL: config.ReceiptURL, logoURL: config.LogoURL, logo: config.Logo, exports: make(chan struct{}, exportsAtOnce), imports: make(chan struct{}, statementsAtOnce),
		statements: statements.NewService(config.Store, config.Service.ProviderInfo, config.Now),
		reconcile:  reconcile.NewService(config.Store, config.Service.Provider, config.Now),
		log:        config.Log, now: config.Now,
	}
}
