package checkout

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

type actorKey struct{}

// WithActor says who does what a context is passed to, for the audit trail:
// the id of an API key, "cli:" and a command, or "job:" and its kind.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf is who WithActor named; empty for buyers, providers and the verifier.
func ActorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return actor
}

type backgroundKey struct{}

// InBackground says that nobody waits for the changes that a context is passed to: the
// store may delay each a little, to commit it with others.
func InBackground(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// IsInBackground reports whether a context is one of InBackground.
func IsInBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }

type requestKey struct{}

// WithRequest names the request that a context is of, for the log.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// LogFor is the log of what happens for a request; of what else happens, as it
// is.
func (s *Service) LogFor(ctx context.Context) *slog.Logger {
	if id, ok := ctx.Value(requestKey{}).(string); ok {
		return s.log.With("request_id", id)
	}
	return s.log
}

// AuditEntry is one line of the audit trail.
type AuditEntry struct {
	Sequence int64           `json:"sequence"`
	At       time.Time       `json:"at"`
	Actor    string          `json:"actor"`
	Action   string          `json:"action"` // "merchant.apply", "session.expired", …
	Object   string          `json:"object"` // the id of what it was done to
	Detail   json.RawMessage `json:"detail"` // an object; never a secret
}
