// Package api is the merchant API: JSON under /v1, for requests with an API key.
//
// Each resource has a file of its own. A handler reads the request, makes one
// call to checkout.Service or the store, and writes the answer.
package api

import (
	"cmp"
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/handlers/internal/ratelimit"
)

var defaultLimit = ratelimit.Limit{PerSecond: 500, Burst: 2000}

// Config is what the API needs. All fields but Limit are required.
type Config struct {
	Service *checkout.Service
	Store   Store

	Limit     ratelimit.Limit    // of requests, for each API key
	Addresses *ratelimit.Limiter // counts requests without a valid key by their client's address

	Log *slog.Logger
	Now func() time.Time
}

// Server answers the merchant API.
type Server struct {
	service *checkout.Service
	store   Store

	requests  *ratelimit.Limiter // by API key
	addresses *ratelimit.Limiter
	usage     keyUsage

	log *slog.Logger
	now func() time.Time
}

// New returns the API; Register adds its routes to a server.
func New(config Config) *Server {
	return &Server{
		service: config.Service, store: config.Store,
		requests: ratelimit.New(cmp.Or(config.Limit, defaultLimit), config.Now), addresses: config.Addresses,
		log: config.Log, now: config.Now,
	}
}
