// Package pages is what buyers see: the checkout page, payment links, receipts,
// and the pictures on them. A page's view is made by pure functions of the
// purchase and the request (view.go) and rendered by web/templates.
package pages

import (
	"cmp"
	"log/slog"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/handlers/internal/ratelimit"
)

var (
	defaultPayLimit     = ratelimit.Limit{PerSecond: 2, Burst: 30}
	defaultSessionLimit = ratelimit.Limit{PerSecond: 0.2, Burst: 20}
)

// Config is what the pages need. Service, Verifier, Store, BaseURL, Log and Now are
// required.
type Config struct {
	Service  *checkout.Service
	Verifier *verifier.Verifier
	Store    Store
	BaseURL  string // our own address as buyers see it, without a trailing slash

	// SessionKey signs the cookie that remembers a buyer's language and seals
	// the addresses of receipts and logos; see handlers.Config.
	SessionKey []byte

	AllowPrivateLogos bool // fetch logos from private and loopback addresses too
	Gallery           bool // show every page in every state at /gallery

	PayLimit     ratelimit.Limit // payments started and checked, for each buyer's address
	SessionLimit ratelimit.Limit // payments started and checked, for each session

	Log *slog.Logger
	Now func() time.Time
}

// Server answers the buyers' pages.
type Server struct {
	service  *checkout.Service
	verifier *verifier.Verifier
	store    Store
	baseURL  string
	origin   string // of baseURL
	secure   bool   // baseURL is https
	gallery  bool

	cookies sessions.Store // nil without a session key
	pages   *pageCache
	started *startedCache
	logos   *logoProxy

	receipts *sealer // of the session ids in receipts' addresses
	holders  *sealer // of the addresses that hold uses of payment links

	attempts        *ratelimit.Limiter // payments started and checked, by client address
	sessionAttempts *ratelimit.Limiter // the same, by session

	log *slog.Logger
	now func() time.Time
}

// New returns the pages; Register adds their routes to a server.
func New(config Config) *Server {
	origin := originOf(config.BaseURL)
	s := &Server{
		service: config.Service, verifier: config.Verifier, store: config.Store,
		baseURL: config.BaseURL, origin: origin, secure: strings.HasPrefix(origin, "https://"), gallery: config.Gallery,
		pages: newPageCache(), started: newStartedCache(),
		logos:           newLogoProxy(newSealer(config.SessionKey, "logos"), config.AllowPrivateLogos, config.Now),
		receipts:        newSealer(config.SessionKey, "receipts"),
		holders:         newSealer(config.SessionKey, "holders"),
		attempts:        ratelimit.New(cmp.Or(config.PayLimit, defaultPayLimit), config.Now),
		sessionAttempts: ratelimit.New(cmp.Or(config.SessionLimit, defaultSessionLimit), config.Now),
		log:             config.Log, now: config.Now,
	}
	if len(config.SessionKey) > 0 {
		s.cookies = cookieStore(config.SessionKey, s.secure)
	}

	return s
}
