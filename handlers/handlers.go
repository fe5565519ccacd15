// Package handlers is Rieltime's HTTP face: the merchant API, the buyer's
// pages, the providers' callbacks and operations. Handlers translate between
// HTTP and checkout.Service; they hold no rules of their own.
//
// They keep nothing that two replicas could not share: rate limits are counted
// per process, and the drawings of codes are a cache.
package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// Config is what the handlers are made of. Service, Store and BaseURL are
// required.
type Config struct {
	Service *checkout.Service
	Store   Store
	BaseURL string // our own address as buyers see it, without a trailing slash

	// SessionKey signs the cookie that remembers a buyer's language and seals
	// the addresses of receipts and logos, 32 bytes or more. Without it nothing
	// is remembered, and there are no receipts and logos of other hosts.
	SessionKey []byte

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

// Limits of a server that main starts; see New.
const (
	maxBody           = 64 << 10
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 45 * time.Second // a provider's call may take 30
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

type server struct {
	service *checkout.Service
	store   Store
	baseURL string
	origin  string // of baseURL
	secure  bool   // baseURL is https
	cookies sessions.Store
	codes   *qrCache
	pages   *pageCache
	logos   *logoProxy
	gallery bool

	receipts *sealer
	holders  *sealer // of the addresses that hold uses of payment links
	calls    *limiter
	pays     *limiter
	guard    *guard
	uses     uses
	log      *slog.Logger
	now      func() time.Time
}

// New makes the server's handler. The http.Server inside has its time-outs and
// bounds set; start it with StartServer(e.Server).
func New(config Config) *echo.Echo {
	s := newServer(config)
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
	e.Use(s.identify, s.trace, s.logAccess, s.recoverPanic, protect(protection(s.secure)), s.protectServer, limitBody)
	s.routes(e)
	return e
}

func newServer(config Config) *server {
	s := &server{
		service: config.Service, store: config.Store, baseURL: strings.TrimSuffix(config.BaseURL, "/"),
		codes: newQRCache(), pages: newPageCache(), gallery: config.Gallery, log: config.Log, now: config.Now,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}

	if s.now == nil {
		s.now = time.Now
	}

	s.origin = originOf(s.baseURL)
	s.secure = strings.HasPrefix(s.origin, "https://")
	s.calls = newLimiter(config.APILimit.or(defaultAPILimit), s.now)
	s.pays = newLimiter(config.PayLimit.or(defaultPayLimit), s.now)
	s.guard = newGuard(config.Guard, s.now)
	if len(config.SessionKey) > 0 {
		s.cookies = cookieStore(config.SessionKey, s.secure)
	}

	s.receipts = newSealer(config.SessionKey, "receipts")
	s.holders = newSealer(config.SessionKey, "holders")
	s.logos = newLogoProxy(newSealer(config.SessionKey, "logos"), config.AllowPrivateLogos, s.now)
	return s
}

// originOf is the scheme, host and port of an http(s) address; empty for any
// other text.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

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

// header sets headers given as pairs.
func header(h http.Header, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
}
