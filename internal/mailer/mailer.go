package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/compose"
	"rieltime/internal/mail"
)

// Store keeps what is to be sent. What does not exist is checkout.ErrNotFound.
type Store interface {
	compose.Store

	MailServer(ctx context.Context) (notices.MailServer, error)
	Merchant(ctx context.Context, id string) (checkout.Merchant, error)

	// LeaseAddressee gives the right to write to an addressee for a while. Where another
	// has it, wait is after how long to ask again. SaveAddressee ends it and stores what
	// came of it.
	LeaseAddressee(ctx context.Context, id string, lasting time.Duration) (addressee notices.Addressee, wait time.Duration, err error)
	SaveAddressee(ctx context.Context, addressee notices.Addressee) error

	// Mail finds a mail that is to be sent, and SaveMail stores what came of a try.
	Mail(ctx context.Context, id string) (notices.Mail, error)
	SaveMail(ctx context.Context, mail notices.Mail) error
}

// Config is what the mailer needs; all but Roots is required.
type Config struct {
	Store        Store
	Checkout     *checkout.Service
	DashboardURL string         // its address without /dashboard
	MailPage     string         // address of the page that ends e-mails; a token follows it
	Roots        *x509.CertPool // of the mail server's certificate; nil: those of the system
	Now          func() time.Time
	Log          *slog.Logger
}

// Mailer sends e-mail. It is safe for concurrent use.
type Mailer struct {
	config   Config
	composer *compose.Composer
}

// New returns a mailer.
func New(config Config) *Mailer {
	return &Mailer{config, &compose.Composer{Store: config.Store, Checkout: config.Checkout, DashboardURL: config.DashboardURL, Now: config.Now, Log: config.Log}}
}

var errNoServer = errors.New("no mail server is set")

// post sends a message by the server that the operator has set.
func (m *Mailer) post(ctx context.Context, message mail.Message) error {
	set, err := m.config.Store.MailServer(ctx)
	if errors.Is(err, checkout.ErrNotFound) {
		return errNoServer
	}
	if err != nil {
		return err
	}
	return Server(set, m.config.Roots).Send(ctx, message)
}

// Server is a server as it is spoken to.
func Server(set notices.MailServer, roots *x509.CertPool) mail.Server {
	return mail.Server{Address: set.Address, TLS: set.TLS, Username: set.Username, Password: set.Password.Reveal(), From: set.From, Roots: roots}
}

// SendMail sends one mail. again is after how long to try once more; 0 when it is sent, or
// never can be.
func (m *Mailer) SendMail(ctx context.Context, id string) (again time.Duration, err error) {
	waiting, err := m.config.Store.Mail(ctx, id)
	if err != nil {
		return 0, err
	}
	if again = waiting.Waits(m.config.Now()); again > 0 {
		return again, nil
	}

	message, err := m.message(ctx, waiting)
	if err == nil {
		err = m.post(ctx, message)
	}
	now := m.config.Now()
	refusal, refused := mail.Refused(err)
	switch {
	case refused:
		m.config.Log.Warn("e-mail refused", "mail", id, "kind", waiting.Kind, "merchant", waiting.MerchantID, "error", refusal)
		waiting.SentAt, waiting.Problem = now, refusal.Error() // there is nothing more to do with it
	case err != nil:
		m.config.Log.Warn("e-mail not sent", "mail", id, "kind", waiting.Kind, "merchant", waiting.MerchantID, "error", err)
		waiting.Progress = waiting.Failed(0, now)
		again = waiting.Waits(now)
	default:
		waiting.SentAt = now
	}
	return again, m.config.Store.SaveMail(context.WithoutCancel(ctx), waiting)
}

// message writes a mail to one person.
func (m *Mailer) message(ctx context.Context, waiting notices.Mail) (mail.Message, error) {
	var merchant checkout.Merchant
	if waiting.MerchantID != "" {
		var err error
		if merchant, err = m.config.Store.Merchant(ctx, waiting.MerchantID); err != nil {
			return mail.Message{}, err
		}
	}

	t := func(key string, args ...string) string { return compose.Text(waiting.Locale, key, args...) }
	key, role := "mail."+string(waiting.Kind), ""
	switch {
	case waiting.Kind == notices.MailInvitation && waiting.MerchantID == "":
		key += ".operator"
	case waiting.Kind == notices.MailInvitation:
		role = t("role." + string(waiting.Role))
	}
	return mail.Message{
		ID: waiting.ID, To: waiting.Email, Date: waiting.CreatedAt, Subject: t(key+".subject", "merchant", merchant.Name),
		Text: t(key, "merchant", merchant.Name, "role", role, "link", waiting.Link.Reveal()) + "\n\n" + t("mail.unexpected"),
	}, nil
}

const lease = time.Minute

// Notify sends an addressee what it was not notified of, by at most one message; see
// bots.Bots.Notify.
func (m *Mailer) Notify(ctx context.Context, id string) (again time.Duration, err error) {
	addressee, wait, err := m.config.Store.LeaseAddressee(ctx, id, lease)
	if err != nil || wait > 0 {
		return wait, err
	}

	again = addressee.Waits(m.config.Now())
	if again == 0 && addressee.StoppedAt.IsZero() && !addressee.ConfirmedAt.IsZero() {
		if addressee, again, err = m.sendNext(ctx, addressee); err != nil {
			m.config.Log.Warn("notice not mailed", "addressee", addressee.ID, "merchant", addressee.MerchantID, "mode", addressee.Mode, "error", err)
		}
	}
	return again, m.config.Store.SaveAddressee(context.WithoutCancel(ctx), addressee)
}

// sendNext sends an addressee the next message, if there is one.
func (m *Mailer) sendNext(ctx context.Context, a notices.Addressee) (notices.Addressee, time.Duration, error) {
	next, more, err := m.composer.Next(ctx, receiver(a))
	if err == nil && next.Text != "" {
		err = m.sendNotice(ctx, a, next)
	}

	now := m.config.Now()
	if refusal, refused := mail.Refused(err); refused {
		a.Problem, a.StoppedAt = refusal.Error(), now
		return a, 0, err
	}
	if err != nil {
		a.Progress, a.Problem = a.Failed(0, now), problem(err)
		return a, a.Waits(now), err
	}

	if next.Text != "" {
		next.After = next.After.Sent(notices.Mailbox, next.Payments, now)
	}
	a.Progress, a.Problem = next.After, ""
	if !more {
		return a, 0, nil
	}
	return a, max(a.Waits(now), time.Millisecond), nil
}

// problem is why nothing is sent, in words for the merchant.
func problem(err error) string {
	if answer, ok := errors.AsType[*mail.Error](err); ok {
		return answer.Error()
	}
	if errors.Is(err, errNoServer) {
		return "This server does not send e-mail any more."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "The mail server's certificate is not valid."
	}
	return "The mail server does not answer."
}

func receiver(a notices.Addressee) compose.Receiver {
	return compose.Receiver{MerchantID: a.MerchantID, Mode: a.Mode, Kind: notices.Mailbox, Locale: a.Locale, Details: a.Details, Progress: a.Progress}
}

// sendNotice sends a notice with the address of the page that ends them. A notice that is
// sent again has the same id, by which mailboxes drop it.
func (m *Mailer) sendNotice(ctx context.Context, a notices.Addressee, next compose.Notice) error {
	merchant, err := m.config.Store.Merchant(ctx, a.MerchantID)
	if err != nil {
		return err
	}

	subject := compose.Text(a.Locale, "mail."+string(next.Topic)+".subject", "merchant", merchant.Name)
	if a.Mode == checkout.ModeTest {
		subject = "[TEST] " + subject
	}
	id := a.ID + "." + strconv.FormatInt(next.After.Sequence, 10) + "." + strconv.FormatInt(int64(next.After.ToldDay), 10) + "." + string(next.Topic)
	if next.Mark != "" {
		id += "." + next.Mark
	}

	page := m.config.MailPage + a.Token.Reveal()
	return m.post(ctx, mail.Message{
		ID: id, To: a.Email, Date: m.config.Now(), Subject: subject,
		Text: next.Text + "\n\n" + compose.Text(a.Locale, "mail.stop", "link", page), Stop: page,
	})
}
