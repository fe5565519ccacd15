package checkout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"time"
)

// How long requests with a key are remembered.
const (
	IdempotencyKeptFor = 7 * 24 * time.Hour // answers are repeated for this long
	IdempotencyLease   = 3 * time.Second    // renewed while a request is carried out; a dead process's request is free after it
)

// IdempotentRequest binds a request to its Idempotency-Key. One without a Key
// binds nothing.
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
	Retried     bool      // leased before, by a process that may have carried the request out

	// What is answered with a session that was made, and with one that was
	// found: the session's id follows the Location, and it is the Body.
	Made, Found Response
	PageAddress string // of sessions' pages, which the id follows
}

// Response is the answer to a request, as its caller writes it.
type Response struct {
	Status   int
	Location string // header; empty when there was none
	Body     []byte // JSON
}

// ResponseWith returns the answer to a request that made or found a session.
func (r IdempotentRequest) ResponseWith(session Session) (Response, error) {
	answer := r.Made
	if session.Repeated {
		answer = r.Found
	}

	body, err := json.Marshal(session.Public(r.PageAddress + session.ID))
	answer.Location += session.ID
	answer.Body = append(body, '\n')
	return answer, err
}

// Replay is the error of an idempotent request that was answered before.
type Replay struct{ Response Response }

func (*Replay) Error() string { return "The request was answered before." }

// The other errors of idempotent requests.
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

// WithIdempotentRequest returns a context for what carries a request out.
func WithIdempotentRequest(ctx context.Context, request IdempotentRequest) context.Context {
	return context.WithValue(ctx, idempotencyContextKey{}, request)
}

// IdempotentRequestOf returns the request that is carried out; one without a Key
// when it has none.
func IdempotentRequestOf(ctx context.Context) IdempotentRequest {
	request, _ := ctx.Value(idempotencyContextKey{}).(IdempotentRequest)
	return request
}

// idempotentID is newID, but returns the same id each time an idempotent request
// is carried out: a store that has an object of this id already was interrupted
// after making it.
func idempotentID(ctx context.Context, prefix string) string {
	seed := IdempotentRequestOf(ctx).Seed
	if seed == nil {
		return newID(prefix)
	}
	return prefix + idText(seeded(seed, prefix)[:idLength])
}

// seeded derives 32 bytes for one purpose from a request's seed.
func seeded(seed []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
