package dashboard

import (
	"context"
	"net/http"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

func (s *Server) takingsRoutes() []route {
	return []route{
		{http.MethodGet, "", "", false, s.showStart},
		{http.MethodGet, "/charts", users.ViewPayments, false, s.showCharts},
		{http.MethodGet, "/troubled-refunds", users.ViewPayments, false, s.showTroubledRefunds},
		{http.MethodGet, "/close", users.Export, false, s.showClose},
		{http.MethodGet, "/close/payments", users.Export, false, s.showCloseList},
		{http.MethodGet, "/close/export.csv", users.Export, false, s.exportClose("csv", "text/csv; charset=utf-8", newCSV)},
		{http.MethodGet, "/close/export.xlsx", users.Export, false, s.exportClose("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", newXLSX)},
		{http.MethodPost, "/close/days", users.Reconcile, false, s.closeAccountDay},
		{http.MethodPost, "/close/days/:close/reopen", users.ReopenDays, false, s.reopenDay},
	}
}

// takingsStore has the takings, and what needs attention.
type takingsStore interface {
	Takings(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.TakingsQuery) ([]checkout.Takings, error)

	// OpenReviews and TroubledRefunds look at the newest up to a limit.
	OpenReviews(ctx context.Context, merchantID string, mode checkout.Mode, limit int) (map[checkout.Review]int, error)
	TroubledRefunds(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) (failed, unresolved int, err error)
	ListTroubledRefunds(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.Refund, error)
	FailingEndpoints(ctx context.Context, merchantID string, mode checkout.Mode) (int, error)

	// AttemptOutcomes returns what became of the newest attempts since a time.
	AttemptOutcomes(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.AttemptOutcome, error)

	// RecordedPayments lists payments by when their proofs were recorded, the latest first.
	RecordedPayments(ctx context.Context, merchantID string, mode checkout.Mode, recorded checkout.TimeRange, after checkout.Position, limit int) ([]checkout.Payment, error)
}
