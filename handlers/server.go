package handlers

import (
	"context"
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/handlers/api"
	"rieltime/handlers/dashboard"
	"rieltime/handlers/internal/ratelimit"
	"rieltime/handlers/pages"
)

// Limit is how often something may be done: PerSecond on average, Burst at
// once. The zero Limit stands for the default; a negative PerSecond is no limit.
type Limit = ratelimit.Limit

type server struct {
	service *checkout.Service
	store   Store

	api       *api.Server
	pages     *pages.Server
	dashboard *dashboard.Server // nil: there is none
	guard     *guard

	telegramUpdate func(ctx context.Context, botID, secret string, body []byte) error // nil: there are no bots

	onlyDashboard bool // serves nothing else

	log *slog.Logger
	now func() time.Time
}
