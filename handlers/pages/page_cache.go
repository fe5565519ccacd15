package pages

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const (
	maxPages = 256              // kept in memory; a page is about 20 kB
	keptFor  = 30 * time.Second // a merchant's new name shows after this long
	maxAsked = 200              // bytes of what tells pages of a session apart
)

// pageCache keeps pages that show a code, drawn but for the time left. While the
// session's version is theirs, one SELECT is all that a reload costs.
type pageCache struct {
	mu   sync.Mutex
	kept map[pageKey]keptPage
}

// pageKey is everything that a page of a session depends on.
type pageKey struct {
	session, query, remembered, accepts string
	device                              checkout.Device
	inApp                               bool
}

type keptPage struct {
	version       int
	until         time.Time // when it goes out of date by time alone
	codeExpires   time.Time
	before, after []byte // the countdown
	policy        string
	frames        []string // hosts whose pages may frame it
}

func newPageCache() *pageCache { return &pageCache{kept: map[pageKey]keptPage{}} }

func (p *pageCache) get(key pageKey) (keptPage, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page, ok := p.kept[key]
	return page, ok
}

func (p *pageCache) keep(key pageKey, page keptPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for old := range p.kept {
		if len(p.kept) < maxPages {
			break
		}
		delete(p.kept, old)
	}
	p.kept[key] = page
}

func (s *Server) pageKey(c echo.Context) (key pageKey, ok bool) {
	h := c.Request().Header
	key = pageKey{
		session: c.Param("session"), query: c.Request().URL.RawQuery,
		remembered: s.rememberedLanguage(c), accepts: acceptedLanguages(c), device: deviceOf(h), inApp: insideApp(c.Request().UserAgent()),
	}
	return key, len(key.query)+len(key.accepts) <= maxAsked
}

// sendKept answers with a page drawn before, if there is one that is still
// true.
func (s *Server) sendKept(c echo.Context, key pageKey) (sent bool, err error) {
	page, ok := s.pages.get(key)
	now := s.now()
	if !ok || !now.Before(page.until) {
		return false, nil
	}

	glance, err := s.store.Glance(c.Request().Context(), key.session)
	if err != nil || glance.Version != page.version {
		return false, err
	}

	if glance.Watching {
		s.verifier.MarkViewed(glance.PaymentID)
	}

	s.rememberLanguage(c)
	return true, page.send(c, now)
}

func (p keptPage) send(c echo.Context, now time.Time) error {
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
	return c.HTMLBlob(http.StatusOK, buffer.Bytes())
}

// keepPage draws a page that shows a code, keeps it and sends it.
func (s *Server) keepPage(c echo.Context, key pageKey, purchase checkout.Purchase, page templates.Checkout) error {
	now := s.now()
	payment := purchase.Latest()
	body, err := cutAtCountdown(c.Request().Context(), page)
	if err != nil {
		return err
	}

	s.setPagePolicy(c, purchase, page)
	kept := keptPage{
		version: purchase.Session.Version, codeExpires: payment.ExpiresAt, before: body[0], after: body[1],
		until:  now.Add(keptFor),
		policy: c.Response().Header().Get("Content-Security-Policy"), frames: purchase.Merchant.FrameHosts,
	}

	at := pageState{templates.QRWaiting, payment}
	for _, change := range []time.Time{changesAt(purchase, at, now), paceChangesAt(waitingSince(purchase, at), now)} {
		if !change.IsZero() && change.Before(kept.until) {
			kept.until = change
		}
	}

	s.pages.keep(key, kept)
	return kept.send(c, now)
}

// cutAtCountdown draws a page and takes the countdown out of it.
func cutAtCountdown(ctx context.Context, page templates.Checkout) (parts [2][]byte, err error) {
	var whole, countdown bytes.Buffer
	if err := templates.CheckoutPage(page).Render(ctx, &whole); err != nil {
		return parts, err
	}
	if err := templates.Countdown(page.QR.ExpiresInSeconds).Render(ctx, &countdown); err != nil {
		return parts, err
	}
	parts[0], parts[1], _ = bytes.Cut(whole.Bytes(), countdown.Bytes())
	return parts, nil
}
