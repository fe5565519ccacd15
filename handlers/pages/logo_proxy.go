package pages

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"rieltime/webhooks/outbound"
)

const (
	logosPath     = "/logos/"
	maxLogo       = 256 << 10 // bytes
	maxLogos      = 64        // in memory
	logoTimeout   = 5 * time.Second
	logoFresh     = 24 * time.Hour
	logoRetry     = time.Minute // after a failure
	logoCacheLong = "public, max-age=604800"
)

// logoTypes are image formats that cannot run or load anything.
var logoTypes = []string{"image/png", "image/jpeg", "image/webp"}

// logoProxy fetches the logos of merchants and methods from their hosts, so that a
// buyer's browser contacts only us. A logo's path is its sealed address: only
// addresses that we put into a page are fetched.
type logoProxy struct {
	seal    *sealer
	client  *http.Client
	now     func() time.Time
	fetches singleflight.Group

	mu    sync.Mutex
	logos map[string]logo
}

type logo struct {
	contentType string // empty for an address without a logo
	body        []byte
	until       time.Time
}

func newLogoProxy(seal *sealer, allowPrivate bool, now func() time.Time) *logoProxy {
	return &logoProxy{seal: seal, client: outbound.NewClient(logoTimeout, allowPrivate), now: now, logos: map[string]logo{}}
}

// get returns a logo from the cache or its host. Concurrent calls for one address
// cause one request.
func (l *logoProxy) get(ctx context.Context, address string) logo {
	l.mu.Lock()
	cached, ok := l.logos[address]
	l.mu.Unlock()
	if ok && l.now().Before(cached.until) {
		return cached
	}

	fetched, _, _ := l.fetches.Do(address, func() (any, error) {
		fresh, err := l.fetch(context.WithoutCancel(ctx), address)
		switch {
		case err == nil:
			fresh.until = l.now().Add(logoFresh)
		case cached.contentType != "": // an old logo is better than none
			fresh = logo{cached.contentType, cached.body, l.now().Add(logoRetry)}
		default:
			fresh = logo{until: l.now().Add(logoRetry)}
		}

		l.put(address, fresh)
		return fresh, nil
	})
	return fetched.(logo)
}

func (l *logoProxy) put(address string, found logo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for old := range l.logos {
		if len(l.logos) < maxLogos {
			break
		}
		delete(l.logos, old)
	}
	l.logos[address] = found
}

var errNoLogo = errors.New("not an image of an accepted type and size")

// fetch loads a logo. Its type is detected from its bytes, not from its header.
func (l *logoProxy) fetch(ctx context.Context, address string) (logo, error) {
	ctx, cancel := context.WithTimeout(ctx, logoTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return logo{}, err
	}

	response, err := l.client.Do(request)
	if err != nil {
		return logo{}, err
	}

	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(response.Body, maxLogo+1))
	if err != nil {
		return logo{}, err
	}

	contentType := http.DetectContentType(body)
	if response.StatusCode != http.StatusOK || len(body) > maxLogo || !slices.Contains(logoTypes, contentType) {
		return logo{}, errNoLogo
	}

	return logo{contentType: contentType, body: body}, nil
}
