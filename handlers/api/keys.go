package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
)

// merchantHandler answers for the merchant and mode of the request's key.
type merchantHandler func(echo.Context, checkout.APIKey) error

// requireKey lets a handler run for a key that may, within the key's allowance.
func (s *Server) requireKey(handle merchantHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		key, err := s.authenticate(c)
		if err != nil {
			return s.limitUnauthenticated(c, err)
		}

		c.SetRequest(c.Request().WithContext(checkout.WithActor(c.Request().Context(), key.ID)))
		if err := s.rateLimit(c, key); err != nil {
			return err
		}
		if err := key.Allows(scopeOf(c.Request().Method, c.Path())); err != nil {
			return err
		}

		s.recordUse(c, key)
		return handle(c, key)
	}
}

// errKeyRepeated is two keys in one request: which of them counts would depend
// on who reads it, a proxy or us.
var errKeyRepeated = &checkout.Error{
	Kind: checkout.KindInvalid, Code: "header_repeated", Param: "Authorization", Detail: "Authorization is sent more than once.",
}

// authenticate finds the request's key, if it may be used now and from here.
func (s *Server) authenticate(c echo.Context) (checkout.APIKey, error) {
	given := c.Request().Header.Values("Authorization")
	if len(given) > 1 {
		return checkout.APIKey{}, errKeyRepeated
	}

	scheme, text, _ := strings.Cut(strings.Join(given, ""), " ")
	text = strings.TrimSpace(text)
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return checkout.APIKey{}, checkout.ErrKeyMissing
	}
	if !checkout.ValidAPIKey(text) {
		return checkout.APIKey{}, checkout.ErrKeyInvalid
	}

	key, err := s.store.APIKey(c.Request().Context(), checkout.HashAPIKey(text))
	if errors.Is(err, checkout.ErrNotFound) {
		return key, checkout.ErrKeyInvalid
	}
	if err != nil {
		return key, err
	}

	address, _ := netip.ParseAddr(c.RealIP()) // what is no address is in no list
	return key, key.Usable(address, s.now())
}

// scopeOf is what a route asks of a key.
func scopeOf(method, route string) checkout.Scope {
	switch {
	case method == http.MethodGet || method == http.MethodHead:
		return checkout.ScopeRead
	case route == refundsRoute, strings.HasSuffix(route, "/review"):
		return checkout.ScopeRefunds
	}
	return checkout.ScopeWrite
}

// rateLimit spends one request of the key's allowance and says what is left of it.
func (s *Server) rateLimit(c echo.Context, key checkout.APIKey) error {
	left, err := s.requests.Spend(key.ID)
	if left.Limit > 0 {
		h := c.Response().Header()
		h.Set("RateLimit-Limit", strconv.Itoa(left.Limit))
		h.Set("RateLimit-Remaining", strconv.Itoa(left.Remaining))
		h.Set("RateLimit-Reset", strconv.Itoa(failure.Seconds(left.Full)))
	}
	return err
}

const recordUseEvery = time.Minute

// keyUsage remembers when the use of each key was last written, so that it is
// written once in a while and not with every request.
type keyUsage struct {
	mu       sync.Mutex
	recorded map[string]time.Time
}

func (u *keyUsage) due(key checkout.APIKey, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(key.UsedAt) < recordUseEvery || now.Sub(u.recorded[key.ID]) < recordUseEvery {
		return false
	}
	if u.recorded == nil {
		u.recorded = map[string]time.Time{}
	}
	u.recorded[key.ID] = now
	return true
}

// recordUse keeps when a key was used. A request does not fail by it.
func (s *Server) recordUse(c echo.Context, key checkout.APIKey) {
	now := s.now()
	if !s.usage.due(key, now) {
		return
	}
	if err := s.store.NoteKeyUse(context.WithoutCancel(c.Request().Context()), key.ID, now); err != nil {
		s.log.Warn("use of a key not noted", "request_id", request.ID(c), "key", key.ID, "error", err)
	}
}

// limitUnauthenticated is the answer to a request whose key is not valid: err, until its
// address has tried too often.
func (s *Server) limitUnauthenticated(c echo.Context, err error) error {
	if limited := s.addresses.Take(request.ClientAddress(c)); limited != nil {
		return limited
	}
	return err
}
