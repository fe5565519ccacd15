package users

import (
	"context"
	"errors"
	"time"

	"rieltime/checkout"
)

// Prefixes of the ids made here.
const (
	userPrefix   = "usr_"
	signInPrefix = "sin_"
	linkPrefix   = "lnk_"
)

// Actor names a user in the audit trail.
func Actor(userID string) string { return "user:" + userID }

// Store keeps users. What does not exist is checkout.ErrNotFound. Changes write a line
// of the audit trail in their transaction.
type Store interface {
	challengeStore
	passkeyStore
	accountStore
	codeStore
	teamStore
	requestStore
	shownSecretStore

	InsertUser(ctx context.Context, user User, memberships []Membership) error
	User(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, email string) (User, error)

	// Memberships lists a user's merchants, by their ids.
	Memberships(ctx context.Context, userID string) ([]Membership, error)

	// MerchantIDs lists all merchants.
	MerchantIDs(ctx context.Context) ([]string, error)

	InsertSignIn(ctx context.Context, signIn SignIn) error
	SignIn(ctx context.Context, tokenHash string) (SignIn, User, error)
	NoteSignInUse(ctx context.Context, id string, at time.Time) error
	EndSignIn(ctx context.Context, id string, at time.Time) error
	RenewSignIn(ctx context.Context, id string, at time.Time) error

	// SetPassword replaces the password of keep's user, ends all their sign-ins but keep,
	// and gives keep its token's hash. A keep that has ended is checkout.ErrNotFound.
	SetPassword(ctx context.Context, hash string, keep SignIn, at time.Time) error
	NoteFailedSignIn(ctx context.Context, userID, address string) error

	// Disable keeps a user from signing in and ends their sign-ins; ErrLastOwner when a
	// merchant would be left without an owner who may sign in, unless force is true.
	Disable(ctx context.Context, userID string, at time.Time, force bool) error
	Enable(ctx context.Context, userID string) error

	// CountAttempt counts an attempt of a subject unless it comes before the time that
	// waitAfter names after so many counted ones: then it returns how long to wait.
	CountAttempt(ctx context.Context, subject string, at time.Time, waitAfter func(attempts int) time.Duration) (time.Duration, error)
	ForgetAttempts(ctx context.Context, subject string) error

	InsertUserLink(ctx context.Context, link Link, tokenHash string) error
	UserLink(ctx context.Context, tokenHash string) (Link, error)

	// UseUserLink carries out the use of a link in one transaction; a link that was used
	// meanwhile is ErrLinkUsed.
	UseUserLink(ctx context.Context, use LinkUse) error

	ListUsers(ctx context.Context) ([]User, error)
}

// Service holds the rules about users.
type Service struct {
	store  Store
	hasher hasher
	now    func() time.Time
}

// NewService returns the rules over a store.
func NewService(store Store, now func() time.Time) *Service {
	return &Service{store: store, hasher: newHasher(), now: now}
}

func isNotFound(err error) bool { return errors.Is(err, checkout.ErrNotFound) }

// CreateUser adds a user with their roles. An address that another user has is
// ErrEmailTaken.
func (s *Service) CreateUser(ctx context.Context, user User, roles map[string]Role) (User, error) {
	email, err := ParseEmail(user.Email)
	if err != nil {
		return User{}, err
	}

	user.ID, user.Email, user.CreatedAt = checkout.NewID(userPrefix), email, s.now()
	var memberships []Membership
	for merchantID, role := range roles {
		if !role.Valid() {
			return User{}, checkout.Invalidf("role", "role_unknown", "%q is not a role.", string(role))
		}
		memberships = append(memberships, Membership{UserID: user.ID, MerchantID: merchantID, Role: role, CreatedAt: user.CreatedAt})
	}

	return user, s.store.InsertUser(ctx, user, memberships)
}

// ErrEmailTaken is an address that another user has.
var ErrEmailTaken = &checkout.Error{Kind: checkout.KindConflict, Code: "email_taken", Param: "email", Detail: "Another user has this e-mail address."}

// Role is what a user is at a merchant: an operator is an owner everywhere. Whoever is
// nothing there gets checkout.ErrNotFound, as for a merchant that does not exist.
func (s *Service) Role(ctx context.Context, user User, merchantID string) (Role, error) {
	if user.Operator {
		return RoleOwner, nil
	}

	memberships, err := s.store.Memberships(ctx, user.ID)
	if err != nil {
		return "", err
	}

	for _, m := range memberships {
		if m.MerchantID == merchantID {
			return m.Role, nil
		}
	}
	return "", checkout.ErrNotFound
}

// Merchants lists the merchants that a user may go to, by their ids: an operator to all.
func (s *Service) Merchants(ctx context.Context, user User) ([]Membership, error) {
	if !user.Operator {
		return s.store.Memberships(ctx, user.ID)
	}

	ids, err := s.store.MerchantIDs(ctx)
	memberships := make([]Membership, len(ids))
	for i, id := range ids {
		memberships[i] = Membership{UserID: user.ID, MerchantID: id, Role: RoleOwner}
	}
	return memberships, err
}

// UserByEmail finds a user by the address.
func (s *Service) UserByEmail(ctx context.Context, email string) (User, error) {
	email, err := ParseEmail(email)
	if err != nil {
		return User{}, err
	}
	return s.store.UserByEmail(ctx, email)
}

// ListUsers lists all users, by their addresses.
func (s *Service) ListUsers(ctx context.Context) ([]User, error) { return s.store.ListUsers(ctx) }

// Disable keeps a user from signing in, and ends their sign-ins. It is ErrLastOwner for
// the last owner of a merchant who may sign in, unless force is true.
func (s *Service) Disable(ctx context.Context, userID string, force bool) error {
	return s.store.Disable(ctx, userID, s.now(), force)
}

// Enable lets a disabled user sign in again.
func (s *Service) Enable(ctx context.Context, userID string) error {
	return s.store.Enable(ctx, userID)
}
