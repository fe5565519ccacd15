package pages

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/compressed"
	"rieltime/handlers/internal/pace"
	"rieltime/web/templates"
)

const (
	maxCachedPages = 256              // a page is about 20 kB
	maxPageAge     = 25 * time.Second // with maxStartedAge, how late a merchant's new name shows
	maxPageKey     = 200              // bytes of the query and the languages in a key
)

// pageCache keeps pages that show a code, rendered but for the time left. While
// a session's version is the cached page's, a reload costs one SELECT.
type pageCache struct {
	mu    sync.Mutex
	pages map[pageKey]cachedPage
}

// pageKey is everything that a page of a session depends on.
type pageKey struct {
	session, query          string
	cookieLanguage, accepts string
	device                  checkout.Device
	inApp                   bool
}

// cachedPage is a rendered page that is cut in two where its countdown stands.
type cachedPage struct {
	version       int       // of the session
	until         time.Time // when it goes out of date by time alone
	codeExpires   time.Time
	before, after []byte // the countdown
	policy        string
	frames        []string // hosts whose pages may frame it
}

func newPageCache() *pageCache { return &pageCache{pages: map[pageKey]cachedPage{}} }

func (p *pageCache) get(key pageKey) (cachedPage, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page, ok := p.pages[key]
	return page, ok
}

func (p *pageCache) put(key pageKey, page cachedPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for old := range p.pages {
		if len(p.pages) < maxCachedPages {
			break
		}
		delete(p.pages, old)
	}
	p.pages[key] = page
}

// pageKey returns the key of the requested page; ok reports whether it is small
// enough to be cached.
func (s *Server) pageKey(c echo.Context) (key pageKey, ok bool) {
	h := c.Request().Header
	key = pageKey{
		session: c.Param("session"), query: c.Request().URL.RawQuery,
		cookieLanguage: s.cookieLanguage(c), accepts: acceptedLanguages(c), device: deviceOf(h), inApp: insideApp(c.Request().UserAgent()),
	}
	return key, len(key.query)+len(key.accepts) <= maxPageKey
}

// sendCached answers with a page rendered before, if there is one that still
// holds.
func (s *Server) sendCached(c echo.Context, key pageKey) (sent bool, err error) {
	page, ok := s.pages.get(key)
	now := s.now()
	if !ok || !now.Before(page.until) {
		return false, nil
	}

	glance, err := s.store.CurrentGlance(c.Request().Context(), key.session)
	if err != nil || glance.Version != page.version {
		return false, err
	}

	if glance.Watching {
		s.verifier.MarkViewed(glance.PaymentID)
	}

	s.setLanguageCookie(c)
	return true, page.send(c, now)
}

// send writes the page with a new countdown.
func (p cachedPage) send(c echo.Context, now time.Time) error {
	c.Response().Header().Set("Content-Security-Policy", p.policy)
	allowFrames(c.Response().Header(), p.frames)
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)

	buffer.Reset()
	buffer.Write(p.before)
	if err := templates.Countdown(secondsLeft(p.codeExpires, now)).Render(c.Request().Context(), buffer); err != nil {
		return err
	}

	buffer.Write(p.after)
	return compressed.HTML(c, http.StatusOK, buffer.Bytes())
}

// sendAndCache renders a page that shows a code, caches it and sends it.
func (s *Server) sendAndCache(c echo.Context, key pageKey, purchase checkout.Purchase, page templates.Checkout) error {
	now := s.now()
	payment := purchase.Latest()
	body, err := cutAtCountdown(c.Request().Context(), page)
	if err != nil {
		return err
	}

	s.setPagePolicy(c, purchase, page)
	cached := cachedPage{
		version: purchase.Session.Version, codeExpires: payment.ExpiresAt, before: body[0], after: body[1],
		until:  now.Add(maxPageAge),
		policy: c.Response().Header().Get("Content-Security-Policy"), frames: purchase.Merchant.FrameHosts,
	}

	// Besides events, which raise the version, time changes a page: its code or
	// session ends, or its polls slow down.
	at := pageState{templates.StateQRWaiting, payment}
	for _, change := range []time.Time{nextChange(purchase, at, now), pace.NextChange(waitingSince(purchase, at), now)} {
		if !change.IsZero() && change.Before(cached.until) {
			cached.until = change
		}
	}

	s.pages.put(key, cached)
	return cached.send(c, now)
}

// cutAtCountdown renders a page and cuts its countdown out.
func cutAtCountdown(ctx context.Context, page templates.Checkout) (parts [2][]byte, err error) {
	whole := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(whole)

	whole.Reset()
	if err := templates.CheckoutPage(page).Render(ctx, whole); err != nil {
		return parts, err
	}

	var countdown bytes.Buffer
	if err := templates.Countdown(page.QR.ExpiresInSeconds).Render(ctx, &countdown); err != nil {
		return parts, err
	}

	before, after, _ := bytes.Cut(whole.Bytes(), countdown.Bytes())
	return [2][]byte{bytes.Clone(before), bytes.Clone(after)}, nil
}
