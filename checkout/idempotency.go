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
	IdempotencyKeptFor = 7 * 24 * time.Hour // results are kept for this long
	IdempotencyLease   = 3 * time.Second    // renewed while a request is carried out; a dead process's request is free after it
)

// IdempotentRequest is a request that a merchant may send again under one key, and
// that is carried out once. One without a Key may be carried out each time.
type IdempotentRequest struct {
	MerchantID string
	Mode       Mode
	Key        string

	// The key belongs to the request that it was first sent with: these two are
	// the same each time.
	Operation   string // what is requested, and of which object; the caller's words
	ContentHash string // hex SHA-256 of what it was sent with

	// Seed is random, and the same each time the request is carried out, also
	// by another process after a crash: what is made from it is made once.
	Seed        []byte
	LeasedUntil time.Time // nobody else carries the request out before
	Retried     bool      // leased before, by a process that may have carried the request out
}

// Effect is what a request did.
type Effect int

// The effects. A request without one has no result yet.
const (
	EffectCreated Effect = iota + 1 // made an object
	EffectFound                     // found the object that an earlier request made
	EffectChanged                   // changed an object, or found it changed already
	EffectQueued                    // queued work that is done later
)

// RequestResult is what a request led to, as it is kept for when the request is
// sent again.
type RequestResult struct {
	Effect   Effect
	ObjectID string // of what was created or found; else empty
	Body     []byte // what the caller was answered: JSON and a line feed, kept to the byte
}

// NewRequestResult returns the result of a request that shows its caller an object.
// id is that of an object which was created or found, else empty.
func NewRequestResult(effect Effect, id string, object any) (RequestResult, error) {
	body, err := json.Marshal(object)
	return RequestResult{Effect: effect, ObjectID: id, Body: append(body, '\n')}, err
}

// RequestResult returns the result of a request for a session whose page is at url.
func (s Session) RequestResult(url string) (RequestResult, error) {
	effect := EffectCreated
	if s.Repeated {
		effect = EffectFound
	}
	return NewRequestResult(effect, s.ID, s.Public(url))
}

// AlreadyCarriedOut is the error of an idempotent request that has a result.
type AlreadyCarriedOut struct{ Result RequestResult }

func (*AlreadyCarriedOut) Error() string { return "The request was carried out before." }

// The other errors of idempotent requests.
var (
	ErrIdempotencyMismatch = &Error{
		Kind: KindKeyReused, Code: "idempotency_key_reused", Param: "Idempotency-Key",
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

// idempotentID is NewID, but returns the same id each time an idempotent request
// is carried out: a store that has an object of this id already was interrupted
// after making it.
func idempotentID(ctx context.Context, prefix string) string {
	seed := IdempotentRequestOf(ctx).Seed
	if seed == nil {
		return NewID(prefix)
	}
	return prefix + idText(seeded(seed, prefix)[:idLength])
}

// seeded derives 32 bytes for one purpose from a request's seed.
func seeded(seed []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
