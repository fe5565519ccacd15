package notices

import (
	"context"
	"errors"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// MailServer is the SMTP server that the operator has set.
type MailServer struct {
	Address  string // host and port
	TLS      bool   // from the first byte; false: by STARTTLS
	Username string // empty: the server wants none
	Password checkout.Secret
	From     string // an address, or "Name <address>"
}

// Addressee is an e-mail address that is notified of what needs somebody, and of each day's
// totals, once who reads it has confirmed that.
type Addressee struct {
	ID         string // "adr_…"
	MerchantID string
	Mode       checkout.Mode
	Email      string
	Locale     string
	Details    bool            // notices say who paid
	Token      checkout.Secret // ends the address of the page that confirms, and stops
	Progress
	Problem     string // as of a Bot
	ConfirmedAt time.Time
	StoppedAt   time.Time
	CreatedAt   time.Time
}

// Open reports whether an addressee that has not confirmed yet may still do so.
func (a Addressee) Open(now time.Time) bool {
	return !a.ConfirmedAt.IsZero() || now.Before(a.CreatedAt.Add(users.LinkLife))
}

// Asked is an addressee who is asked by a mail to confirm.
type Asked struct {
	Addressee
	TokenHash string
	Mail      Mail
}

// Same reports whether an addressee that is there already gets what this one is to get.
func (a Asked) Same(other Addressee) bool {
	return a.Email == other.Email && a.Locale == other.Locale && a.Details == other.Details
}

// MailKind is what an e-mail to one person is about.
type MailKind string

// The kinds.
const (
	MailConfirmation MailKind = "confirmation" // of an Addressee
	MailInvitation   MailKind = "invitation"   // to the dashboard
)

// Mail is an e-mail to one person, that waits to be sent.
type Mail struct {
	ID         string // "mail_…"
	Kind       MailKind
	MerchantID string // empty: it is about the whole server
	Email      string
	Locale     string
	Role       users.Role      // of an invitation to a merchant
	Link       checkout.Secret // the address that only who reads the mail may know
	UserLink   string          // id of the invitation that it is about
	Progress
	CreatedAt time.Time
	ExpiresAt time.Time // when the link does
	SentAt    time.Time // or when it was given up
	Problem   string    // why the mail server refused it for good, safe to show; empty: it did not
}

// MailState is what became of a mail.
type MailState string

// The states.
const (
	MailWaiting MailState = "waiting"
	MailSent    MailState = "sent" // the mail server has taken it
	MailRefused MailState = "refused"
)

// State is what became of a mail.
func (m Mail) State() MailState {
	switch {
	case m.Problem != "":
		return MailRefused
	case !m.SentAt.IsZero():
		return MailSent
	}
	return MailWaiting
}

// Limits of what a merchant has in one mode, and sends.
const (
	MaxAddressees = 10
	MaxMails      = 50 // to one person, within the life of a link
)

// mailStore keeps addressees and mails; see Store.
type mailStore interface {
	// MailServer returns the server; checkout.ErrNotFound when there is none.
	MailServer(ctx context.Context) (MailServer, error)
	SetMailServer(ctx context.Context, server MailServer) error
	DeleteMailServer(ctx context.Context) error

	// InsertMail stores a mail and queues it; ErrManyMails when the merchant sends too many.
	InsertMail(ctx context.Context, mail Mail) error
	// InvitationMails lists the mails of a merchant's invitations that can be used at now,
	// without their links.
	InvitationMails(ctx context.Context, merchantID string, now time.Time) ([]Mail, error)

	// InsertAddressee stores an addressee with the mail that asks for a confirmation. It
	// forgets those that did not confirm in time.
	InsertAddressee(ctx context.Context, asked Asked) error
	// SetAddressees removes the addressees that a list does not have, and adds those that
	// are not there with the same settings; ErrNoMailServer when nobody can be asked. After
	// an error all are as before.
	SetAddressees(ctx context.Context, merchantID string, mode checkout.Mode, wanted []Asked) error
	Addressees(ctx context.Context, merchantID string, mode checkout.Mode) ([]Addressee, error)
	AddresseeByToken(ctx context.Context, tokenHash string) (Addressee, error)
	// ConfirmAddressee begins the notices to an addressee, of what comes from at on.
	ConfirmAddressee(ctx context.Context, addressee Addressee, at time.Time) error
	DeleteAddressee(ctx context.Context, merchantID string, mode checkout.Mode, id string) error
}

// Errors about e-mail.
var (
	ErrNoMailServer   = checkout.Invalidf("email", "mail_unavailable", "This server does not send e-mail.")
	ErrAddresseeTaken = &checkout.Error{Kind: checkout.KindConflict, Code: "addressee_already", Param: "email", Detail: "This address is in the list already."}
	ErrManyAddressees = &checkout.Error{Kind: checkout.KindConflict, Code: "too_many_addressees", Param: "email", Detail: "There are 10 addresses, which is the most. Remove one first."}
	ErrManyMails      = &checkout.Error{Kind: checkout.KindRateLimited, Code: "too_many_mails", Param: "email", Detail: "Too many e-mails were sent for this shop in the last days. Try again later."}
	ErrMailLink       = &checkout.Error{Kind: checkout.KindNotFound, Code: "mail_link_used", Detail: "This link is not known any more."}
)

// SendsMail reports whether the operator has set a server for e-mail.
func (s *Service) SendsMail(ctx context.Context) (bool, error) {
	_, err := s.store.MailServer(ctx)
	if errors.Is(err, checkout.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// MailInvitation sends the address of an invitation to who is invited.
func (s *Service) MailInvitation(ctx context.Context, invitation users.Link, address checkout.Secret, locale string) error {
	return s.store.InsertMail(ctx, Mail{
		ID: checkout.NewID("mail_"), Kind: MailInvitation, MerchantID: invitation.MerchantID, Email: invitation.Email, Locale: locale,
		Role: invitation.Role, Link: address, UserLink: invitation.ID, CreatedAt: s.now(), ExpiresAt: invitation.ExpiresAt,
	})
}

// InvitationMails returns the mails of a merchant's invitations that can be used, by the
// id of the invitation.
func (s *Service) InvitationMails(ctx context.Context, merchantID string) (map[string]Mail, error) {
	mails, err := s.store.InvitationMails(ctx, merchantID, s.now())
	by := map[string]Mail{}
	for _, mail := range mails {
		by[mail.UserLink] = mail
	}
	return by, err
}

// AddAddressee asks who reads an address whether it may be notified of a merchant's payments.
// confirmPage is the address of the page that asks; a token follows it.
func (s *Service) AddAddressee(ctx context.Context, a Addressee, confirmPage string) error {
	email, err := users.ParseEmail(a.Email)
	if err != nil {
		return err
	}
	if sends, err := s.SendsMail(ctx); err != nil || !sends {
		return errors.Join(err, ErrNoMailServer)
	}

	a.Email = email
	return s.store.InsertAddressee(ctx, s.ask(a, confirmPage))
}

// ask makes the token of an addressee, and the mail that asks for a confirmation.
func (s *Service) ask(a Addressee, confirmPage string) Asked {
	now := s.now()
	a.ID, a.Token, a.CreatedAt = checkout.NewID("adr_"), checkout.Secret(checkout.NewID("")), now
	mail := Mail{
		ID: checkout.NewID("mail_"), Kind: MailConfirmation, MerchantID: a.MerchantID, Email: a.Email, Locale: a.Locale,
		Link: checkout.Secret(confirmPage + a.Token.Reveal()), CreatedAt: now, ExpiresAt: now.Add(users.LinkLife),
	}
	return Asked{a, hashCode(a.Token.Reveal()), mail}
}

// SetAddressees makes a merchant's addressees those of a list, whose addresses are in their
// usual form: it asks those that are new, or whose settings are, as AddAddressee does.
func (s *Service) SetAddressees(ctx context.Context, merchantID string, mode checkout.Mode, list []checkout.EmailSpec, confirmPage string) error {
	wanted := make([]Asked, 0, len(list))
	for _, email := range list {
		a := Addressee{MerchantID: merchantID, Mode: mode, Email: email.Address, Locale: email.Locale, Details: email.Details}
		wanted = append(wanted, s.ask(a, confirmPage))
	}
	return s.store.SetAddressees(ctx, merchantID, mode, wanted)
}

// Addressees lists a merchant's addressees, those that may still confirm included.
func (s *Service) Addressees(ctx context.Context, merchantID string, mode checkout.Mode) ([]Addressee, error) {
	all, err := s.store.Addressees(ctx, merchantID, mode)
	return slices.DeleteFunc(all, func(a Addressee) bool { return !a.Open(s.now()) }), err
}

// Addressee finds the addressee of a token; ErrMailLink when there is none.
func (s *Service) Addressee(ctx context.Context, token checkout.Secret) (Addressee, error) {
	a, err := s.store.AddresseeByToken(ctx, hashCode(token.Reveal()))
	if errors.Is(err, checkout.ErrNotFound) || err == nil && !a.Open(s.now()) {
		return Addressee{}, ErrMailLink
	}
	return a, err
}

// ConfirmAddressee begins the notices to the addressee of a token. It may be repeated.
func (s *Service) ConfirmAddressee(ctx context.Context, token checkout.Secret) error {
	a, err := s.Addressee(ctx, token)
	if err != nil || !a.ConfirmedAt.IsZero() {
		return err
	}
	return s.store.ConfirmAddressee(ctx, a, s.now())
}

// StopAddressee ends the e-mails to the addressee of a token, who asked for it.
func (s *Service) StopAddressee(ctx context.Context, token checkout.Secret) error {
	a, err := s.Addressee(ctx, token)
	if err != nil {
		return err
	}
	return s.store.DeleteAddressee(ctx, a.MerchantID, a.Mode, a.ID)
}

// RemoveAddressee ends the e-mails to an address.
func (s *Service) RemoveAddressee(ctx context.Context, merchantID string, mode checkout.Mode, id string) error {
	return s.store.DeleteAddressee(ctx, merchantID, mode, id)
}
