package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

const mailColumns = "id, kind, merchant_id, email, locale, role, link_sealed, failures, next_at, created_at, expires_at, sent_at, user_link, problem"

var insertMailQuery = insertInto("mails", mailColumns)

func mailPurpose(id string) string { return "mail:" + id }

// InsertMail stores a mail and queues it; see notices.Store.
func (s *Store) InsertMail(ctx context.Context, mail notices.Mail) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.insertMail(ctx, tx, mail) })
}

// insertMail also forgets mails whose links have expired.
func (s *Store) insertMail(ctx context.Context, tx *sql.Tx, m notices.Mail) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)", millis(m.CreatedAt), expiredAtOnce)
	if err != nil {
		return err
	}

	// Nobody can have a merchant's server send without end. The operator may.
	if m.MerchantID != "" {
		if err := s.lock(ctx, tx, lockRow, "mails", m.MerchantID); err != nil {
			return err
		}
		var open int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM mails WHERE merchant_id = $1 AND expires_at > $2", m.MerchantID, millis(m.CreatedAt)).Scan(&open)
		if err != nil {
			return err
		}
		if open >= notices.MaxMails {
			return notices.ErrManyMails
		}
	}

	_, err = tx.ExecContext(ctx, insertMailQuery, m.ID, m.Kind, m.MerchantID, m.Email, m.Locale, m.Role,
		s.sealer.seal(mailPurpose(m.ID), []byte(m.Link.Reveal())), m.Failures, millis(m.NextAt), millis(m.CreatedAt), millis(m.ExpiresAt), millis(m.SentAt), m.UserLink, m.Problem)
	if err != nil || s.queue.silent {
		return err
	}
	return s.queue.runBy(ctx, tx, mailJob(m.ID), s.queue.now())
}

// Mail finds a mail that is to be sent. One that is sent, or whose link has expired, is
// checkout.ErrNotFound.
func (s *Store) Mail(ctx context.Context, id string) (notices.Mail, error) {
	m, sealed, err := scanMail(s.read.QueryRowContext(ctx, "SELECT "+mailColumns+" FROM mails WHERE id = $1 AND sent_at = 0 AND expires_at > $2", id, millis(s.now())))
	if err != nil {
		return notices.Mail{}, err
	}
	link, err := s.sealer.open(mailPurpose(m.ID), sealed)
	m.Link = checkout.Secret(link)
	return m, err
}

// scanMail reads a mail, whose link is sealed.
func scanMail(row scanner) (m notices.Mail, link []byte, err error) {
	var next, created, expires, sent int64
	err = row.Scan(&m.ID, &m.Kind, &m.MerchantID, &m.Email, &m.Locale, &m.Role, &link, &m.Failures, &next, &created, &expires, &sent, &m.UserLink, &m.Problem)
	m.NextAt, m.CreatedAt, m.ExpiresAt, m.SentAt = fromMillis(next), fromMillis(created), fromMillis(expires), fromMillis(sent)
	return m, link, translateErr(err)
}

// InvitationMails lists the mails of invitations that can be used; see notices.Store.
func (s *Store) InvitationMails(ctx context.Context, merchantID string, now time.Time) ([]notices.Mail, error) {
	return selectAll(ctx, s.read, func(row scanner) (notices.Mail, error) {
		m, _, err := scanMail(row)
		return m, err
	}, "SELECT "+qualified("m", mailColumns)+` FROM mails m JOIN user_links l ON l.id = m.user_link
		WHERE m.merchant_id = $1 AND m.expires_at > $2 AND l.used_at = 0 AND l.withdrawn_at = 0`, merchantID, millis(now))
}

// SaveMail stores what came of a try to send a mail. The link of one that is sent is
// forgotten.
func (s *Store) SaveMail(ctx context.Context, m notices.Mail) error {
	link := m.Link.Reveal()
	if !m.SentAt.IsZero() {
		link = ""
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE mails SET failures = $1, next_at = $2, sent_at = $3, link_sealed = $4, problem = $5 WHERE id = $6",
			m.Failures, millis(m.NextAt), millis(m.SentAt), s.sealer.seal(mailPurpose(m.ID), []byte(link)), m.Problem, m.ID)
		return err
	})
}

type mailArgs struct {
	MailID     string `json:"mail_id"`
	Generation int64  `json:"generation,omitempty"` // mails.generation when it was queued
}

func (mailArgs) Kind() string           { return "mail" }
func (a mailArgs) row() (rowJob, int64) { return mailJob(a.MailID), a.Generation }

func mailJob(id string) rowJob {
	return rowJob{table: "mails", id: id, queue: mailQueue, job: func(generation int64) river.JobArgs { return mailArgs{id, generation} }}
}

// mailQueue is for all e-mail; a slow server must not hold up other messages.
const (
	mailQueue = "mail"
	mailers   = 8 // jobs at once
)

type mailNoticeArgs struct {
	AddresseeID string `json:"addressee_id"`
	Generation  int64  `json:"generation,omitempty"` // addressees.generation when it was queued
}

func (mailNoticeArgs) Kind() string           { return "mail_notice" }
func (a mailNoticeArgs) row() (rowJob, int64) { return mailNoticeJob(a.AddresseeID), a.Generation }

func mailNoticeJob(id string) rowJob {
	return rowJob{table: "addressees", id: id, queue: mailQueue, job: func(generation int64) river.JobArgs { return mailNoticeArgs{id, generation} }}
}

const mailsAtOnce = 200

// queueDueMails queues mails that a lost job has left unsent.
func (s *Store) queueDueMails(ctx context.Context) error {
	now := millis(s.now())
	due, err := queryStrings(ctx, s.lists, "SELECT id FROM mails WHERE sent_at = 0 AND next_at <= $1 AND expires_at > $1 ORDER BY next_at, id LIMIT CAST($2 AS BIGINT)", now, mailsAtOnce)
	if err != nil {
		return err
	}
	return eachInPieces(ctx, s, due, func(ctx context.Context, tx *sql.Tx, id string) error {
		return ignoreNotFound(s.queue.runUnlessRunning(ctx, tx, mailJob(id)))
	})
}
