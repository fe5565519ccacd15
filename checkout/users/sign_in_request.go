package users

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"rieltime/checkout"
)

// RequestLife is how long a browser may ask to be signed in by another one.
const RequestLife = 2 * time.Minute

// freeRequests is how many requests of an address come without a wait.
const freeRequests = 20

// SignInRequest is a browser that asks to be signed in by a user who is signed in in
// another one: a tablet by a phone. The browser that asks shows a QR code, whose address
// the other one opens.
type SignInRequest struct {
	TokenHash string // hex SHA-256 of what the cookie of the browser that asks holds
	CodeHash  string // hex SHA-256 of what the address in the QR code ends in
	Number    string // that both browsers show
	UserAgent string // of the browser that asks, as Address
	Address   string
	CreatedAt time.Time
	ExpiresAt time.Time

	UserID      string // who has confirmed it; empty: nobody yet
	ConfirmedIn string // the sign-in in which they did
}

// requestStore keeps requests to be signed in. Changes write a line of the audit trail.
type requestStore interface {
	// InsertSignInRequest stores a request and removes some that have expired at now.
	InsertSignInRequest(ctx context.Context, request SignInRequest, now time.Time) error
	SignInRequest(ctx context.Context, tokenHash string) (SignInRequest, error)
	SignInRequestByCode(ctx context.Context, codeHash string) (SignInRequest, error)

	// ConfirmSignInRequest confirms a request for the user of a sign-in, unless somebody
	// has already or it has expired at the time: then it returns ErrRequestOver.
	ConfirmSignInRequest(ctx context.Context, codeHash string, in SignIn, at time.Time) error

	// RefuseSignInRequest removes a request that nobody has confirmed.
	RefuseSignInRequest(ctx context.Context, codeHash string) error

	// TakeSignInRequest returns a request that is confirmed and removes it, in one step,
	// with the sign-in in which it was confirmed, if that one has not ended.
	TakeSignInRequest(ctx context.Context, tokenHash string) (SignInRequest, SignIn, error)
}

// ErrRequestOver is a request that is unknown, used, refused or too old.
var ErrRequestOver = &checkout.Error{Kind: checkout.KindNotFound, Code: "request_over", Detail: "This took too long, or was done already. Please ask for a new QR code."}

// RequestSignIn begins a request of a browser and returns what its cookie must hold.
func (s *Service) RequestSignIn(ctx context.Context, client Client) (checkout.Secret, error) {
	if err := s.countAttempt(ctx, []attemptSubject{client.requests()}); err != nil {
		return "", err
	}

	token, now := newToken(), s.now()
	return token, s.store.InsertSignInRequest(ctx, SignInRequest{
		TokenHash: hashToken(token), CodeHash: hashToken(RequestCode(token)), Number: newNumber(),
		UserAgent: client.UserAgent, Address: client.Address, CreatedAt: now, ExpiresAt: now.Add(RequestLife),
	}, now)
}

// requests is what the requests of an address are counted for.
func (c Client) requests() attemptSubject {
	return attemptSubject{key: subjectKey("request", c.Address), free: freeRequests}
}

// newNumber makes a number that people compare. It is no secret.
func newNumber() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(10000)) // crypto/rand never fails: it ends the process instead
	return fmt.Sprintf("%04d", n)
}

// RequestCode is what the address in a QR code ends in, made from what the cookie of the
// browser that asks holds. Who reads the code does not know the cookie.
func RequestCode(token checkout.Secret) checkout.Secret {
	return checkout.Secret(hashToken("code of " + token))
}

// SignInRequest finds the request of a browser by its cookie's token, with the user who
// has confirmed it; that one is zero when nobody has yet.
func (s *Service) SignInRequest(ctx context.Context, token checkout.Secret) (SignInRequest, User, error) {
	request, err := s.openRequest(s.store.SignInRequest(ctx, hashToken(token)))
	if err != nil || request.UserID == "" {
		return request, User{}, err
	}
	user, err := s.store.User(ctx, request.UserID)
	return request, user, err
}

// RequestToConfirm finds a request that nobody has confirmed by what its QR code's address
// ends in.
func (s *Service) RequestToConfirm(ctx context.Context, code checkout.Secret) (SignInRequest, error) {
	request, err := s.openRequest(s.store.SignInRequestByCode(ctx, hashToken(code)))
	if err == nil && request.UserID != "" {
		err = ErrRequestOver
	}
	return request, err
}

func (s *Service) openRequest(request SignInRequest, err error) (SignInRequest, error) {
	if isNotFound(err) || err == nil && !s.now().Before(request.ExpiresAt) {
		return SignInRequest{}, ErrRequestOver
	}
	return request, err
}

// ConfirmRequest lets the browser of a request sign in as the user of a sign-in, in which
// they must have proved lately who they are.
func (s *Service) ConfirmRequest(ctx context.Context, code checkout.Secret, in SignIn) error {
	return s.store.ConfirmSignInRequest(ctx, hashToken(code), in, s.now())
}

// RefuseRequest ends a request that nobody has confirmed.
func (s *Service) RefuseRequest(ctx context.Context, code checkout.Secret) error {
	return s.store.RefuseSignInRequest(ctx, hashToken(code))
}

// FinishRequest signs the browser of a request in as the user who has confirmed it, and
// returns what its cookie must hold then. In this browser the user has proved nothing: for
// refunds and keys they must.
func (s *Service) FinishRequest(ctx context.Context, token checkout.Secret, client Client) (User, checkout.Secret, error) {
	request, confirmedIn, err := s.store.TakeSignInRequest(ctx, hashToken(token))
	if _, err := s.openRequest(request, err); err != nil {
		return User{}, "", err
	}

	user, err := s.store.User(ctx, request.UserID)
	if err == nil && (!user.DisabledAt.IsZero() || !confirmedIn.Live(s.now())) {
		err = ErrRequestOver
	}
	if err != nil {
		return User{}, "", err
	}

	signedIn, err := s.insertSignIn(ctx, SignIn{UserID: user.ID, Method: MethodQR, ConfirmedBy: confirmedIn.UserAgent}, client)
	if err != nil {
		return User{}, "", err
	}
	return user, signedIn, s.store.ForgetAttempts(ctx, client.requests().key)
}
