package checkout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

// Bounds of a claim's life.
const (
	IdempotencyKeptFor = 7 * 24 * time.Hour // answers are given again for this long
	IdempotencyLease   = 3 * time.Second    // renewed while a request is worked on; what a dead process held is free after it
)

// IdempotentRequest binds a request to its Idempotency-Key. The zero Claim binds nothing.
type IdempotentRequest struct {
	MerchantID string
	Mode       Mode
	Key        string
	Route      string // method and path
	BodyHash   string // hex SHA-256 of the body's bytes

	// Seed is random, and the same each time the request is carried out, also
	// by another process after a crash: what is made from it is made once.
	Seed        []byte
	LeasedUntil time.Time // nobody else carries the request out before
	Retried     bool      // taken before, by what may have carried the request out

	// Answer writes what is kept for the session that InsertSession gives.
	Answer func(Session) (Response, error)
}

// Response is what was answered to a claimed request.
type Response struct {
	Status   int
	Location string // header; empty when there was none
	Body     []byte // JSON
}

// Replay is the error of a claimed request that was answered before.
type Replay struct{ Response Response }

func (*Replay) Error() string { return "The request was answered before." }

// The other errors of claims.
var (
	ErrIdempotencyMismatch = &Error{
		Kind: KindUnprocessable, Code: "idempotency_key_reused", Param: "Idempotency-Key",
		Detail: "This Idempotency-Key was used before with another request.",
	}
	ErrIdempotencyInFlight = &Error{
		Kind: KindConflict, Code: "idempotency_in_flight", Param: "Idempotency-Key",
		Detail: "A request with this Idempotency-Key is still being worked on.", RetryAfter: time.Second,
	}
)

type idempotencyContextKey struct{}

// WithIdempotentRequest gives the claim of a request to what works on it.
func WithIdempotentRequest(ctx context.Context, claim IdempotentRequest) context.Context {
	return context.WithValue(ctx, idempotencyContextKey{}, claim)
}

// IdempotentRequestOf is the claim of the request that is worked on; the zero Claim when
// there is none.
func IdempotentRequestOf(ctx context.Context) IdempotentRequest {
	claim, _ := ctx.Value(idempotencyContextKey{}).(IdempotentRequest)
	return claim
}

// idempotentID is newID, but the same id each time a claimed request is carried
// out: a store that has an object of this id already was interrupted after
// making it.
func idempotentID(ctx context.Context, prefix string) string {
	seed := IdempotentRequestOf(ctx).Seed
	if seed == nil {
		return newID(prefix)
	}
	return prefix + idText(seeded(seed, prefix)[:idLength])
}

// seeded makes 32 bytes for one purpose out of a claim's seed.
func seeded(seed []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
