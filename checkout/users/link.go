package users

import (
	"context"
	"time"

	"rieltime/checkout"
)

// LinkKind is what a single-use link is for.
type LinkKind string

// The kinds.
const (
	LinkInvitation LinkKind = "invitation" // to a role at a merchant, or to be an operator
	LinkReset      LinkKind = "reset"      // to a new password
	LinkDemo       LinkKind = "demo"       // signs in at once: for the demo's own owner
)

// LinkLife is how long a link is good for.
const LinkLife = 72 * time.Hour

// Link is a single-use link that is handed to a person.
type Link struct {
	ID          string // "lnk_…"
	Kind        LinkKind
	Email       string
	MerchantID  string // of an invitation to a merchant
	Role        Role
	Operator    bool   // of an invitation to run the server
	CreatedBy   string // an actor
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time // zero: not used
	WithdrawnAt time.Time // zero: not withdrawn
}

// Open reports whether a link can be used at now.
func (l Link) Open(now time.Time) bool {
	return l.UsedAt.IsZero() && l.WithdrawnAt.IsZero() && now.Before(l.ExpiresAt)
}

// ErrLinkUsed is a link that was used or withdrawn, has expired or never was.
var ErrLinkUsed = &checkout.Error{Kind: checkout.KindNotFound, Code: "link_used", Detail: "This link has been used already or has expired. Please ask for a new one."}

// ErrOtherUser is an invitation of an address that has a user already, opened by nobody
// or by another user: who is invited accepts it signed in.
var ErrOtherUser = &checkout.Error{Kind: checkout.KindForbidden, Code: "other_user", Detail: "Please sign in as the invited user first."}

// Invite makes a link by which a person gets a role. It returns the secret that the
// link's address ends in, which is shown once.
func (s *Service) Invite(ctx context.Context, link Link) (checkout.Secret, Link, error) {
	email, err := ParseEmail(link.Email)
	if err != nil {
		return "", Link{}, err
	}
	if !link.Operator && !link.Role.Valid() {
		return "", Link{}, checkout.Invalidf("role", "role_unknown", "%q is not a role.", string(link.Role))
	}

	link.Kind, link.Email = LinkInvitation, email
	return s.newLink(ctx, link)
}

// Reset makes a link by which a user gets a new password.
func (s *Service) Reset(ctx context.Context, user User) (checkout.Secret, Link, error) {
	return s.newLink(ctx, Link{Kind: LinkReset, Email: user.Email})
}

// DemoLink makes a link that signs a user in without a password. Only the demo hands out
// such links.
func (s *Service) DemoLink(ctx context.Context, user User) (checkout.Secret, Link, error) {
	return s.newLink(ctx, Link{Kind: LinkDemo, Email: user.Email})
}

func (s *Service) newLink(ctx context.Context, link Link) (checkout.Secret, Link, error) {
	token := newToken()
	link.ID, link.CreatedBy, link.CreatedAt = checkout.NewID(linkPrefix), checkout.ActorOf(ctx), s.now()
	link.ExpiresAt = link.CreatedAt.Add(LinkLife)
	return token, link, s.store.InsertUserLink(ctx, link, hashToken(token))
}

// Link finds a link that can be used by its secret, with the user that has its address;
// that one is zero when nobody has.
func (s *Service) Link(ctx context.Context, token checkout.Secret) (Link, User, error) {
	link, err := s.store.UserLink(ctx, hashToken(token))
	if isNotFound(err) || err == nil && !link.Open(s.now()) {
		return Link{}, User{}, ErrLinkUsed
	}
	if err != nil {
		return Link{}, User{}, err
	}

	user, err := s.store.UserByEmail(ctx, link.Email)
	if isNotFound(err) {
		err = nil
	}
	return link, user, err
}

// UseLink does what a link is for and returns the user that it is of. signedIn is the
// user of the browser, or zero; name and password are what the form has.
func (s *Service) UseLink(ctx context.Context, token checkout.Secret, signedIn User, name string, password checkout.Secret) (User, error) {
	link, user, err := s.Link(ctx, token)
	if err != nil {
		return User{}, err
	}

	use := LinkUse{TokenHash: hashToken(token), User: user, At: s.now()}
	switch {
	case link.Kind == LinkDemo:
	case link.Kind == LinkInvitation && user.ID != "":
		// The address has a user already, whose password no invitation may set.
		if signedIn.ID != user.ID {
			return User{}, ErrOtherUser
		}
	default:
		if use.PasswordHash, err = s.firstPassword(ctx, link.Email, password); err != nil {
			return User{}, err
		}
	}

	if user.ID == "" {
		if name, err = parseUserName(name); err != nil {
			return User{}, err
		}
		use.New = true
		use.User = User{ID: checkout.NewID(userPrefix), Email: link.Email, Name: name, CreatedAt: use.At}
	}
	return use.User, s.store.UseUserLink(checkout.WithActor(ctx, Actor(use.User.ID)), use)
}

func (s *Service) firstPassword(ctx context.Context, email string, password checkout.Secret) (string, error) {
	if err := checkPassword(email, password); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// LinkUse is what the use of a link changes.
type LinkUse struct {
	TokenHash    string
	User         User     // who uses it
	New          bool     // User is to be stored
	PasswordHash string   // the user's new one; empty: none. It ends the sign-ins that there are
	Passkey      *Passkey // the new user's first one; nil: none
	At           time.Time
}
