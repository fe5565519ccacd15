package handlers

import (
	"context"
	"math/rand/v2"
	"net/http"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// Guard turns requests away before there are more than the server can carry.
// Zero fields are the defaults.
type Guard struct {
	AddressLimit Limit // requests without a valid API key, for each client's address
	SessionLimit Limit // payments started and checked, for each session

	// MaxInFlight bounds the requests worked on at once. Those that wait for a
	// provider may be half of it, so that the other half stays for the rest.
	MaxInFlight int

	// MaxMemory bounds what the Go runtime holds, in bytes; 0 is no bound.
	MaxMemory uint64

	Request func(method, route string, status int, took time.Duration) // hears of every answer
	Shed    func(reason string)                                        // hears of requests turned away: "in_flight", "slow", "memory"

	// Alive tells what besides the database does not work; nil when all does.
	Alive func(context.Context) error
}

const defaultMaxInFlight = 2048

var (
	defaultAddressLimit = Limit{PerSecond: 200, Burst: 1000} // many buyers share an address behind their carrier
	defaultSessionLimit = Limit{PerSecond: 0.2, Burst: 20}
)

// guard keeps count of what is under way.
type guard struct {
	Guard
	addresses *limiter
	sessions  *limiter
	inFlight  atomic.Int64
	slow      atomic.Int64
	memory    memory
}

func newGuard(config Guard, now func() time.Time) *guard {
	g := &guard{Guard: config}
	if g.MaxInFlight == 0 {
		g.MaxInFlight = defaultMaxInFlight
	}

	if g.Request == nil {
		g.Request = func(string, string, int, time.Duration) {}
	}

	if g.Shed == nil {
		g.Shed = func(string) {}
	}

	g.addresses = newLimiter(config.AddressLimit.or(defaultAddressLimit), now)
	g.sessions = newLimiter(config.SessionLimit.or(defaultSessionLimit), now)
	return g
}

// waitsForProvider tells which requests may take as long as a provider does.
func waitsForProvider(c echo.Context) bool {
	switch c.Path() {
	case payRoute, checkRoute, cardRoute:
		return c.Request().Method == http.MethodPost
	}
	return false
}

// protectServer sheds load. Monitors are always answered: they must tell a busy
// server from a dead one.
func (s *server) protectServer(next echo.HandlerFunc) echo.HandlerFunc {
	g := s.guard
	return func(c echo.Context) error {
		if c.Path() == healthRoute || c.Path() == readyRoute {
			return next(c)
		}

		defer g.inFlight.Add(-1)

		if g.inFlight.Add(1) > int64(g.MaxInFlight) {
			return g.shed("in_flight")
		}

		if waitsForProvider(c) {
			defer g.slow.Add(-1)
			if g.slow.Add(1) > int64(max(1, g.MaxInFlight/2)) {
				return g.shed("slow")
			}
		}

		if g.MaxMemory > 0 && g.memory.held() > g.MaxMemory {
			return g.shed("memory")
		}
		if strings.HasPrefix(c.Request().URL.Path, "/v1/") { // counted by key; see orTooMany
			return next(c)
		}
		if err := g.addresses.take(addressOf(c)); err != nil {
			return err
		}

		return next(c)
	}
}

// shed asks the client to come back in a moment, not all at the same.
func (g *guard) shed(reason string) error {
	g.Shed(reason)
	return &checkout.Error{
		Kind: checkout.KindUnavailable, Code: "overloaded", Detail: "The server is busy. Please try again in a moment.",
		RetryAfter: time.Second + rand.N(3*time.Second),
	}
}

// memory is what the Go runtime holds of the system's, read at most every
// memoryEvery.
type memory struct {
	readAt atomic.Int64
	bytes  atomic.Uint64
}

const memoryEvery = 100 * time.Millisecond

func (m *memory) held() uint64 {
	now, last := time.Now().UnixNano(), m.readAt.Load()
	if now-last >= int64(memoryEvery) && m.readAt.CompareAndSwap(last, now) {
		samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		metrics.Read(samples)
		m.bytes.Store(samples[0].Value.Uint64() - samples[1].Value.Uint64())
	}
	return m.bytes.Load()
}

// orTooMany is the answer to a request whose key is not valid: err, until its
// address has tried too often.
func (s *server) orTooMany(c echo.Context, err error) error {
	if limited := s.guard.addresses.take(addressOf(c)); limited != nil {
		return limited
	}
	return err
}

// allowAttempt bounds how often a payment of one session is started or checked, and
// how often one address does so.
func (s *server) allowAttempt(c echo.Context, sessionID string) error {
	if err := s.pays.take(addressOf(c)); err != nil {
		return err
	}
	return s.guard.sessions.take(sessionID)
}
