package users

import (
	"context"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"rieltime/checkout"
)

// Passkeys registers passkeys at one address of the dashboard, and finds out whose an
// assertion is (WebAuthn level 3).
type Passkeys struct {
	service *Service
	party   *webauthn.WebAuthn
}

// NewPasskeys returns the passkeys of a dashboard at baseURL, whose host and origin they
// are bound to. Browsers know passkeys on https, by name, and on http://localhost: at
// other addresses there are none, and NewPasskeys returns nil.
func NewPasskeys(service *Service, baseURL string) *Passkeys {
	address, err := url.Parse(baseURL)
	if err != nil {
		return nil
	}

	host := strings.ToLower(address.Hostname())
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if address.Scheme != "https" && host != "localhost" {
		return nil
	}

	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Rieltime", RPOrigins: []string{address.Scheme + "://" + strings.ToLower(address.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // none is used, and password managers send some
	})
	if err != nil {
		return nil
	}

	return &Passkeys{service, party}
}

// BeginRegistration returns what a browser gives to navigator.credentials.create, and
// what its cookie must hold.
func (p *Passkeys) BeginRegistration(ctx context.Context, user User) (*protocol.CredentialCreation, checkout.Secret, error) {
	known, err := p.service.Passkeys(ctx, user.ID)
	if err != nil {
		return nil, "", err
	}
	if len(known) >= maxPasskeys {
		return nil, "", ErrTooManyPasskeys
	}

	return p.beginCreation(ctx, PurposeRegister, owner{user, known})
}

// beginCreation begins to make a passkey of a user beside those that they have.
func (p *Passkeys) beginCreation(ctx context.Context, purpose Purpose, of owner) (*protocol.CredentialCreation, checkout.Secret, error) {
	known := webauthn.Credentials(of.WebAuthnCredentials())
	options, session, err := p.party.BeginRegistration(of, webauthn.WithExclusions(known.CredentialDescriptors()))
	if err != nil {
		return nil, "", err
	}

	token, err := p.service.beginChallenge(ctx, purpose, of.user.ID, session.Challenge)
	return options, token, err
}

// FinishRegistration adds the passkey that a browser has made for the user. response is
// the PublicKeyCredential in JSON.
func (p *Passkeys) FinishRegistration(ctx context.Context, user User, token checkout.Secret, name string, response []byte) (Passkey, error) {
	name, err := parsePasskeyName(name)
	if err != nil {
		return Passkey{}, err
	}

	challenge, err := p.service.takeChallenge(ctx, token, PurposeRegister)
	if err != nil {
		return Passkey{}, err
	}
	if challenge.UserID != user.ID {
		return Passkey{}, ErrChallengeOver
	}

	passkey, err := p.finishCreation(user, challenge, name, response)
	if err != nil {
		return Passkey{}, err
	}
	return passkey, p.service.store.InsertPasskey(ctx, passkey, maxPasskeys)
}

// finishCreation returns the passkey that a browser has made for the challenge.
func (p *Passkeys) finishCreation(user User, challenge Challenge, name string, response []byte) (Passkey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Passkey{}, ErrPasskeyRefused.WithCause(err)
	}

	session := p.session(challenge)
	session.UserID = []byte(user.ID)
	session.CredParams = webauthn.CredentialParametersDefault()
	credential, err := p.party.CreateCredential(owner{user: user}, session, parsed)
	if err != nil {
		return Passkey{}, ErrPasskeyRefused.WithCause(err)
	}

	passkey := passkeyOf(*credential)
	passkey.ID, passkey.UserID, passkey.Name, passkey.CreatedAt = checkout.NewID(passkeyPrefix), user.ID, name, p.service.now()
	return passkey, nil
}

// BeginSignIn returns what a browser gives to navigator.credentials.get, which offers
// the user all their passkeys for us, and what its cookie must hold.
func (p *Passkeys) BeginSignIn(ctx context.Context) (*protocol.CredentialAssertion, checkout.Secret, error) {
	options, session, err := p.party.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", err
	}
	token, err := p.service.beginChallenge(ctx, PurposePasskey, "", session.Challenge)
	return options, token, err
}

// FinishSignIn returns the user whose passkey has signed the challenge. response is the
// PublicKeyCredential in JSON. All refusals but that of a copied passkey look alike.
func (p *Passkeys) FinishSignIn(ctx context.Context, token checkout.Secret, response []byte) (User, error) {
	challenge, err := p.service.takeChallenge(ctx, token, PurposePasskey)
	if err != nil {
		return User{}, err
	}

	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return User{}, ErrPasskeyRefused.WithCause(err)
	}

	var found owner
	credential, err := p.party.ValidateDiscoverableLogin(func(id, handle []byte) (webauthn.User, error) {
		found, err = p.findOwner(ctx, id)
		return found, err
	}, p.session(challenge), parsed)
	if err != nil {
		return User{}, ErrPasskeyRefused.WithCause(err)
	}

	if credential.Authenticator.CloneWarning {
		err = ErrPasskeyCopied
	} else {
		err = p.service.store.NotePasskeyUse(ctx, found.used(*credential, p.service))
	}
	if errors.Is(err, ErrPasskeyCopied) {
		ctx := checkout.WithActor(ctx, Actor(found.user.ID))
		err = errors.Join(err, p.service.store.NotePasskeyCopy(ctx, found.passkeys[0].ID, p.service.now()))
	}
	return found.user, err
}

// findOwner finds the user of a credential, with that passkey only.
func (p *Passkeys) findOwner(ctx context.Context, credentialID []byte) (owner, error) {
	passkey, err := p.service.store.PasskeyByCredential(ctx, credentialID)
	if err != nil {
		return owner{}, err
	}

	user, err := p.service.store.User(ctx, passkey.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		err = checkout.ErrNotFound
	}
	return owner{user, []Passkey{passkey}}, err
}

func (p *Passkeys) session(challenge Challenge) webauthn.SessionData {
	return webauthn.SessionData{Challenge: challenge.Text, RelyingPartyID: p.party.Config.RPID, UserVerification: protocol.VerificationRequired}
}

// owner is a user as the library knows one.
type owner struct {
	user     User
	passkeys []Passkey
}

func (o owner) WebAuthnID() []byte          { return []byte(o.user.ID) }
func (o owner) WebAuthnName() string        { return o.user.Email }
func (o owner) WebAuthnDisplayName() string { return o.user.DisplayName() }

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, len(o.passkeys))
	for i, passkey := range o.passkeys {
		credentials[i] = passkey.credential()
	}
	return credentials
}

// used is the owner's passkey after an assertion.
func (o owner) used(credential webauthn.Credential, service *Service) Passkey {
	passkey := o.passkeys[0]
	passkey.BackedUp, passkey.SignCount = credential.Flags.BackupState, credential.Authenticator.SignCount
	passkey.UsedAt = service.now()
	return passkey
}

func (k Passkey) credential() webauthn.Credential {
	credential := webauthn.Credential{
		ID: k.CredentialID, PublicKey: k.PublicKey,
		Flags: webauthn.CredentialFlags{
			UserPresent: true, UserVerified: k.UserVerified, BackupEligible: k.BackupEligible, BackupState: k.BackedUp,
		},
		Authenticator: webauthn.Authenticator{SignCount: k.SignCount},
	}
	for _, transport := range k.Transports {
		credential.Transport = append(credential.Transport, protocol.AuthenticatorTransport(transport))
	}
	return credential
}

// mostTransports bounds what is kept of what a browser says.
const mostTransports = 8

func passkeyOf(c webauthn.Credential) Passkey {
	passkey := Passkey{
		CredentialID: c.ID, PublicKey: c.PublicKey, BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
		UserVerified: c.Flags.UserVerified, SignCount: c.Authenticator.SignCount,
	}
	for _, transport := range c.Transport[:min(len(c.Transport), mostTransports)] {
		passkey.Transports = append(passkey.Transports, string(transport))
	}
	return passkey
}

// CredentialText is a credential's id as browsers write it.
func (k Passkey) CredentialText() string {
	return base64.RawURLEncoding.EncodeToString(k.CredentialID)
}

// ParseCredentialID reads what CredentialText has written.
func ParseCredentialID(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(text)
}
