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
	maxLogo       = 256 << 10
	maxLogos      = 64 // kept in memory
	logoTimeout   = 5 * time.Second
	logoFresh     = 24 * time.Hour
	logoRetry     = time.Minute // after a failure
	logoCacheLong = "public, max-age=604800"
)

// logoTypes are pictures that cannot run or load anything.
var logoTypes = []string{"image/png", "image/jpeg", "image/webp"}

// logoProxy fetches the logos of merchants and methods from the hosts they are on,
// so that a buyer's browser asks nobody but us. A logo's address carries its
// sealed origin: only addresses that we have put into a page are fetched.
type logoProxy struct {
	seal   *sealer
	client *http.Client
	now    func() time.Time
	once   singleflight.Group

	mu   sync.Mutex
	kept map[string]logo
}

type logo struct {
	contentType string // empty: there is none
	body        []byte
	until       time.Time
}

func newLogoProxy(seal *sealer, allowPrivate bool, now func() time.Time) *logoProxy {
	return &logoProxy{seal: seal, client: outbound.NewClient(logoTimeout, allowPrivate), now: now, kept: map[string]logo{}}
}

// get is the logo as kept, or fetched; many who ask at once cause one request.
func (l *logoProxy) get(ctx context.Context, address string) logo {
	l.mu.Lock()
	known, ok := l.kept[address]
	l.mu.Unlock()
	if ok && l.now().Before(known.until) {
		return known
	}

	fetched, _, _ := l.once.Do(address, func() (any, error) {
		fresh, err := l.fetch(context.WithoutCancel(ctx), address)
		switch {
		case err == nil:
			fresh.until = l.now().Add(logoFresh)
		case known.contentType != "": // better an old one than none
			fresh = logo{known.contentType, known.body, l.now().Add(logoRetry)}
		default:
			fresh = logo{until: l.now().Add(logoRetry)}
		}

		l.keep(address, fresh)
		return fresh, nil
	})
	return fetched.(logo)
}

func (l *logoProxy) keep(address string, one logo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for old := range l.kept {
		if len(l.kept) < maxLogos {
			break
		}
		delete(l.kept, old)
	}
	l.kept[address] = one
}

var errNoLogo = errors.New("there is no logo of a kind and size that is shown")

// fetch believes the picture, not what its server says of it.
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
