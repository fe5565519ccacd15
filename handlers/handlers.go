// Package handlers is Rieltime's HTTP server: a thin shell of routes,
// middleware, limits, provider callbacks and operations around its sections,
// handlers/api and handlers/pages. Handlers translate between HTTP and
// checkout.Service; they hold no rules of their own.
//
// They keep nothing that two replicas could not share: rate limits are counted
// per process, and rendered pages and logos are caches.
package handlers

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/checkout/verifier"
	"rieltime/handlers/api"
	"rieltime/handlers/dashboard"
	"rieltime/handlers/pages"
)

// Config is what the server needs. Service, Verifier, Store and BaseURL are
// required.
type Config struct {
	Service  *checkout.Service
	Verifier *verifier.Verifier
	Store    Store
	Users    *users.Service   // who signs in to the dashboard; nil: there is no dashboard
	Notices  *notices.Service // of the dashboard; required with Users
	BaseURL  string           // our own address as buyers see it, without a trailing slash

	// DashboardURL is the address of the dashboard where NewApart serves it on one of its
	// own; empty: New serves it at BaseURL.
	DashboardURL string

	// SessionKey signs the cookie that remembers a buyer's language and seals
	// the addresses of receipts and logos, 32 bytes or more. Without it nothing
	// is remembered, and there are no receipts, no logos of other hosts and no
	// dashboard.
	SessionKey []byte

	// TelegramUpdate handles what was sent to the webhook of a merchant's bot with a
	// secret; nil: there are no bots.
	TelegramUpdate func(ctx context.Context, botID, secret string, body []byte) error

	AllowPrivateLogos bool // fetch logos from private and loopback addresses too
	Gallery           bool // show every page in every state at /gallery

	// Proxies are the addresses whose X-Forwarded-For is believed. Without
	// them the address of the connection is the client's.
	Proxies []netip.Prefix

	APILimit Limit // requests, for each API key
	PayLimit Limit // payments started and checked, for each buyer's address
	Guard    Guard

	Log *slog.Logger
	Now func() time.Time
}

// Limits of the http.Server; see New.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 45 * time.Second // a provider's call may take 30
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// New returns the server's handler. The http.Server inside has its time-outs
// and bounds set; start it with e.Server.Serve or StartServer(e.Server).
func New(config Config) *echo.Echo {
	s := newServer(config)
	e := s.newSite(config, config.BaseURL)
	s.register(e)
	return e
}

// NewApart returns two handlers that share their limits: one of all but the dashboard, and
// the dashboard's, at config.DashboardURL.
func NewApart(config Config) (public, ofDashboard *echo.Echo) {
	s := newServer(config)
	apart := *s
	apart.onlyDashboard = true
	ofDashboard = apart.newSite(config, config.DashboardURL)
	apart.registerDashboard(ofDashboard)

	s.dashboard = nil
	public = s.newSite(config, config.BaseURL)
	s.register(public)
	return public, ofDashboard
}

// newSite returns a handler without routes for an address as browsers see it.
func (s *server) newSite(config Config, address string) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.renderError
	e.IPExtractor = ipExtractor(config.Proxies)

	e.Server.ReadHeaderTimeout = readHeaderTimeout
	e.Server.ReadTimeout = readTimeout
	e.Server.WriteTimeout = writeTimeout
	e.Server.IdleTimeout = idleTimeout
	e.Server.MaxHeaderBytes = maxHeaderBytes
	e.Server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)

	secure := strings.HasPrefix(strings.ToLower(address), "https://")
	e.Use(s.identify, s.trace, s.logAccess, s.recoverPanic, setHeaders(securityHeaders(secure)), s.protectServer, limitBody)
	return e
}

func newServer(config Config) *server {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.BaseURL = strings.TrimSuffix(config.BaseURL, "/")
	config.DashboardURL = strings.TrimSuffix(config.DashboardURL, "/")

	guard := newGuard(config.Guard, config.Now)
	buyers := pages.New(pages.Config{
		Service: config.Service, Verifier: config.Verifier, Store: config.Store, BaseURL: config.BaseURL, SessionKey: config.SessionKey,
		AllowPrivateLogos: config.AllowPrivateLogos, Gallery: config.Gallery,
		PayLimit: config.PayLimit, SessionLimit: config.Guard.SessionLimit, Log: config.Log, Now: config.Now,
	})
	return &server{
		service: config.Service, store: config.Store, guard: guard, telegramUpdate: config.TelegramUpdate, log: config.Log, now: config.Now,
		api: api.New(api.Config{
			Service: config.Service, Store: config.Store, Log: config.Log, Now: config.Now,
			Limit: config.APILimit, Addresses: guard.addresses,
		}),
		pages: buyers, dashboard: newDashboard(config, buyers),
	}
}

// MailPage is the address of the page that confirms or ends e-mails to an address; a token
// follows it.
func MailPage(baseURL string) string { return baseURL + dashboard.MailPath }

// UserLinkURL is the address of a single-use link for a person: an invitation to the
// dashboard, a new password. The dashboard must be at baseURL.
func UserLinkURL(baseURL string, token checkout.Secret) string {
	return baseURL + dashboard.UserLinkPath + token.Reveal()
}

func newDashboard(config Config, buyers *pages.Server) *dashboard.Server {
	if config.Users == nil || len(config.SessionKey) == 0 {
		return nil
	}
	return dashboard.New(dashboard.Config{
		Service: config.Service, Verifier: config.Verifier, Users: config.Users, Notices: config.Notices, Store: config.Store,
		BaseURL: cmp.Or(config.DashboardURL, config.BaseURL), SessionKey: config.SessionKey, ReceiptURL: buyers.ReceiptURL, LogoURL: buyers.ShopLogoURL, Logo: buyers.MerchantLogo, Log: config.Log, Now: config.Now,
	})
}

// ipExtractor finds a client's address behind the trusted proxies.
func ipExtractor(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, prefix := range proxies {
		options = append(options, echo.TrustIPRange(ipNet(prefix)))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	address := prefix.Masked().Addr()
	return &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(prefix.Bits(), address.BitLen())}
}
