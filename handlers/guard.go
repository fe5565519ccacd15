package handlers

import (
	"cmp"
	"context"
	"math/rand/v2"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/api"
	"rieltime/handlers/internal/ratelimit"
	"rieltime/handlers/internal/request"
	"rieltime/handlers/pages"
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

	Request func(method, route string, status int, took time.Duration) // called for every answer
	Shed    func(reason string)                                        // called for requests turned away: "in_flight", "slow", "memory"

	// Alive returns what besides the database does not work; nil when all does.
	Alive func(context.Context) error
}

const defaultMaxInFlight = 2048

// defaultAddressLimit is high because many buyers share an address behind their
// carrier.
var defaultAddressLimit = Limit{PerSecond: 200, Burst: 1000}

// guard keeps count of what is under way.
type guard struct {
	Guard
	addresses *ratelimit.Limiter
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

	g.addresses = ratelimit.New(cmp.Or(config.AddressLimit, defaultAddressLimit), now)
	return g
}

// protectServer sheds load. Monitors are always answered: they must distinguish a busy
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

		if pages.WaitsForProvider(c.Request().Method, c.Path()) {
			defer g.slow.Add(-1)
			if g.slow.Add(1) > int64(max(1, g.MaxInFlight/2)) {
				return g.shed("slow")
			}
		}

		if g.MaxMemory > 0 && g.memory.held() > g.MaxMemory {
			return g.shed("memory")
		}
		if api.Owns(c.Request().URL.Path) { // which counts by key
			return next(c)
		}
		if err := g.addresses.Take(request.ClientAddress(c)); err != nil {
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
