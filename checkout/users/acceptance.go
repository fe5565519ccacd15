package users

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"

	"rieltime/checkout"
)

// Acceptance is what a browser sends to accept an invitation by a passkey.
type Acceptance struct {
	Link        checkout.Secret // the secret of the invitation
	Challenge   checkout.Secret // what BeginAcceptance returned for the cookie
	Name        string          // of the person, for colleagues; may be empty
	PasskeyName string
	Response    []byte // the PublicKeyCredential in JSON
}

// acceptancePurpose binds a challenge to one invitation.
func acceptancePurpose(link Link) Purpose { return Purpose("passkey_accept:" + link.ID) }

// BeginAcceptance returns what a browser gives to navigator.credentials.create when whoever
// opens an invitation accepts it by a passkey, and what its cookie must hold. The
// invitation is not used yet. One of a person who has a user already is ErrOtherUser.
func (p *Passkeys) BeginAcceptance(ctx context.Context, token checkout.Secret, name string) (*protocol.CredentialCreation, checkout.Secret, error) {
	link, err := p.newUsersLink(ctx, token)
	if err != nil {
		return nil, "", err
	}
	if name, err = parseUserName(name); err != nil {
		return nil, "", err
	}

	user := User{ID: checkout.NewID(userPrefix), Email: link.Email, Name: name}
	return p.beginCreation(ctx, acceptancePurpose(link), owner{user: user})
}

// FinishAcceptance makes the user of an invitation with the passkey that their browser has
// made: they need no password.
func (p *Passkeys) FinishAcceptance(ctx context.Context, acceptance Acceptance) (User, error) {
	link, err := p.newUsersLink(ctx, acceptance.Link)
	if err != nil {
		return User{}, err
	}
	name, err := parseUserName(acceptance.Name)
	if err != nil {
		return User{}, err
	}
	passkeyName, err := parsePasskeyName(acceptance.PasskeyName)
	if err != nil {
		return User{}, err
	}

	challenge, err := p.service.takeChallenge(ctx, acceptance.Challenge, acceptancePurpose(link))
	if err != nil {
		return User{}, err
	}

	use := LinkUse{TokenHash: hashToken(acceptance.Link), New: true, At: p.service.now()}
	use.User = User{ID: challenge.UserID, Email: link.Email, Name: name, CreatedAt: use.At}
	passkey, err := p.finishCreation(use.User, challenge, passkeyName, acceptance.Response)
	if err != nil {
		return User{}, err
	}

	use.Passkey = &passkey
	return use.User, p.service.store.UseUserLink(checkout.WithActor(ctx, Actor(use.User.ID)), use)
}

// newUsersLink finds the invitation of a person who has no user yet.
func (p *Passkeys) newUsersLink(ctx context.Context, token checkout.Secret) (Link, error) {
	link, user, err := p.service.Link(ctx, token)
	if err == nil && (link.Kind != LinkInvitation || user.ID != "") {
		err = ErrOtherUser
	}
	return link, err
}
