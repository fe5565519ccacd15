package db

import (
	"context"
	"database/sql"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

const mailServerPurpose = "mail server:smtp"

// MailServer returns the server that e-mail is sent by; see notices.Store.
func (s *Store) MailServer(ctx context.Context) (server notices.MailServer, err error) {
	var sealed []byte
	err = s.read.QueryRowContext(ctx, "SELECT address, tls, username, password_sealed, sender FROM mail_server").
		Scan(&server.Address, &server.TLS, &server.Username, &sealed, &server.From)
	if err != nil {
		return notices.MailServer{}, translateErr(err)
	}
	password, err := s.sealer.open(mailServerPurpose, sealed)
	server.Password = checkout.Secret(password)
	return server, err
}

// SetMailServer sets the server that e-mail is sent by; see notices.Store.
func (s *Store) SetMailServer(ctx context.Context, server notices.MailServer) error {
	sealed := s.sealer.seal(mailServerPurpose, []byte(server.Password.Reveal()))
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO mail_server (name, address, tls, username, password_sealed, sender) VALUES ('smtp', $1, $2, $3, $4, $5)
			ON CONFLICT (name) DO UPDATE SET address = excluded.address, tls = excluded.tls, username = excluded.username,
				password_sealed = excluded.password_sealed, sender = excluded.sender`,
			server.Address, flag(server.TLS), server.Username, sealed, server.From)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "mail_server.set", "", map[string]any{"address": server.Address, "username": server.Username, "from": server.From})
	})
}

// DeleteMailServer has no e-mail sent any more; see notices.Store.
func (s *Store) DeleteMailServer(ctx context.Context) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := changeRow(ctx, tx, "DELETE FROM mail_server WHERE name = 'smtp'"); err != nil {
			return err
		}
		return s.audit(ctx, tx, "mail_server.remove", "", nil)
	})
}
