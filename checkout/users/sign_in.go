package users

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"rieltime/checkout"
)

// How long a sign-in lasts.
const (
	IdleLife   = 24 * time.Hour      // without a request
	TotalLife  = 14 * 24 * time.Hour // whatever happens
	RecentLife = 15 * time.Minute    // since the user last proved who they are: refunds, keys and settings need it

	// seenEvery bounds how often a request writes that the sign-in is in use.
	seenEvery = time.Minute
)

// Method is how a user proved who they are.
type Method string

// The methods.
const (
	MethodPasskey    Method = "passkey"
	MethodPassword   Method = "password"   // with a code where the user has set one up
	MethodRecovery   Method = "recovery"   // a recovery code in place of the other code
	MethodInvitation Method = "invitation" // a single-use link
	MethodQR         Method = "qr"         // confirmed in another browser of the user, whose QR code it read
)

// SignIn is one browser in which a user is signed in.
type SignIn struct {
	ID              string // "sin_…"
	UserID          string
	TokenHash       string // hex SHA-256 of what the browser's cookie holds
	Method          Method
	UserAgent       string
	Address         string // of the client when it began
	ConfirmedBy     string // what the browser in which the user confirmed it calls itself; of MethodQR only
	CreatedAt       time.Time
	AuthenticatedAt time.Time // when the user last proved in it who they are; zero: never
	SeenAt          time.Time // within seenEvery
	EndedAt         time.Time // zero: not ended by anybody
}

// Live reports whether a sign-in is still good at now.
func (s SignIn) Live(now time.Time) bool {
	return s.EndedAt.IsZero() && now.Before(s.CreatedAt.Add(TotalLife)) && now.Before(s.SeenAt.Add(IdleLife))
}

// Recent reports whether the user has proved who they are lately.
func (s SignIn) Recent(now time.Time) bool { return now.Before(s.AuthenticatedAt.Add(RecentLife)) }

// ErrSignedOut is a request without a sign-in that is still good.
var ErrSignedOut = &checkout.Error{Kind: checkout.KindUnauthenticated, Code: "signed_out", Detail: "Please sign in."}

// Client is where a sign-in happens.
type Client struct {
	UserAgent    string
	Address      string
	KnownBrowser string // names a browser in which the user has signed in before; empty: none
}

// newToken makes a secret of 32 random bytes.
func newToken() checkout.Secret {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the process instead
	return checkout.Secret(hex.EncodeToString(b))
}

func hashToken(token checkout.Secret) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// StartSignIn signs a user in and returns what the browser's cookie must hold.
func (s *Service) StartSignIn(ctx context.Context, userID string, method Method, client Client) (checkout.Secret, error) {
	return s.insertSignIn(ctx, SignIn{UserID: userID, Method: method, AuthenticatedAt: s.now()}, client)
}

// insertSignIn completes a sign-in and stores it. It returns the token.
func (s *Service) insertSignIn(ctx context.Context, signIn SignIn, client Client) (checkout.Secret, error) {
	token, now := newToken(), s.now()
	signIn.ID, signIn.TokenHash = checkout.NewID(signInPrefix), hashToken(token)
	signIn.UserAgent, signIn.Address = client.UserAgent, client.Address
	signIn.CreatedAt, signIn.SeenAt = now, now
	ctx = checkout.WithActor(ctx, Actor(signIn.UserID))
	return token, s.store.InsertSignIn(ctx, signIn)
}

// SignedIn finds the user of a cookie's token; ErrSignedOut when the sign-in has
// ended, or its user may no longer sign in.
//
// A request that a page made by itself is no use of the sign-in: an open page must not
// keep its user signed in.
func (s *Service) SignedIn(ctx context.Context, token checkout.Secret, byItself bool) (SignIn, User, error) {
	signIn, user, err := s.store.SignIn(ctx, hashToken(token))
	if isNotFound(err) {
		return SignIn{}, User{}, ErrSignedOut
	}
	if err != nil {
		return SignIn{}, User{}, err
	}

	now := s.now()
	if !signIn.Live(now) || !user.DisabledAt.IsZero() {
		return SignIn{}, User{}, ErrSignedOut
	}

	if !byItself && now.Sub(signIn.SeenAt) >= seenEvery {
		signIn.SeenAt = now
		err = s.store.NoteSignInUse(ctx, signIn.ID, now)
	}
	return signIn, user, err
}

// Renew notes that the user of a sign-in has just proved again who they are.
func (s *Service) Renew(ctx context.Context, signIn SignIn) error {
	return s.store.RenewSignIn(checkout.WithActor(ctx, Actor(signIn.UserID)), signIn.ID, s.now())
}

// EndSignIn signs a user out of one browser.
func (s *Service) EndSignIn(ctx context.Context, id string) error {
	return s.store.EndSignIn(ctx, id, s.now())
}
