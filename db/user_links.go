package db

import (
	"context"
	"database/sql"
	"errors"

	"rieltime/checkout/users"
)

const linkOfUserColumns = "id, kind, email, merchant_id, role, is_operator, created_by, created_at, expires_at, used_at, withdrawn_at"

var insertUserLinkQuery = insertInto("user_links", "token_hash, "+linkOfUserColumns)

func scanUserLink(row scanner) (l users.Link, err error) {
	var created, expires, used, withdrawn int64
	err = row.Scan(&l.ID, &l.Kind, &l.Email, &l.MerchantID, &l.Role, &l.Operator, &l.CreatedBy, &created, &expires, &used, &withdrawn)
	l.CreatedAt, l.ExpiresAt, l.UsedAt, l.WithdrawnAt = fromMillis(created), fromMillis(expires), fromMillis(used), fromMillis(withdrawn)
	return l, translateErr(err)
}

// InsertUserLink stores a link for a person; see users.Store.
func (s *Store) InsertUserLink(ctx context.Context, l users.Link, tokenHash string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertUserLinkQuery,
			tokenHash, l.ID, l.Kind, l.Email, l.MerchantID, l.Role, flag(l.Operator), l.CreatedBy,
			millis(l.CreatedAt), millis(l.ExpiresAt), millis(l.UsedAt), millis(l.WithdrawnAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "user."+string(l.Kind), l.ID, map[string]any{
			"email": l.Email, "merchant": l.MerchantID, "role": l.Role, "operator": l.Operator,
		})
	})
}

const linkByTokenQuery = "SELECT " + linkOfUserColumns + " FROM user_links WHERE token_hash = $1"

// UserLink finds a link for a person by the hash of its secret.
func (s *Store) UserLink(ctx context.Context, tokenHash string) (users.Link, error) {
	return scanUserLink(s.read.QueryRowContext(ctx, linkByTokenQuery, tokenHash))
}

// UseUserLink carries out the use of a link; see users.Store.
func (s *Store) UseUserLink(ctx context.Context, use users.LinkUse) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// One statement decides: of two uses at once the second finds no row.
		marked, err := tx.ExecContext(ctx, "UPDATE user_links SET used_at = $1 WHERE token_hash = $2 AND used_at = 0 AND withdrawn_at = 0 AND expires_at > $3",
			millis(use.At), use.TokenHash, millis(use.At))
		if err != nil {
			return err
		}
		if rows, err := marked.RowsAffected(); err != nil || rows == 0 {
			return errors.Join(err, users.ErrLinkUsed)
		}

		link, err := scanUserLink(tx.QueryRowContext(ctx, linkByTokenQuery, use.TokenHash))
		if err != nil {
			return err
		}

		if use.New {
			use.User.Operator = link.Operator
			if err := s.insertUser(ctx, tx, use.User, nil); err != nil {
				return err
			}
		}

		if use.PasswordHash != "" {
			if err := setPassword(ctx, tx, use.User.ID, use.PasswordHash, "", millis(use.At)); err != nil {
				return err
			}
		}

		if use.Passkey != nil {
			if err := s.insertPasskey(ctx, tx, *use.Passkey); err != nil {
				return err
			}
		}

		if err := s.grant(ctx, tx, link, use); err != nil {
			return err
		}

		return s.audit(ctx, tx, "user.link_used", link.ID, map[string]any{"kind": link.Kind, "user": use.User.ID})
	})
}

// grant gives the user of an invitation what it is to.
func (s *Store) grant(ctx context.Context, tx *sql.Tx, link users.Link, use users.LinkUse) error {
	if link.Kind != users.LinkInvitation {
		return nil
	}

	if link.Operator {
		_, err := tx.ExecContext(ctx, "UPDATE users SET is_operator = 1 WHERE id = $1", use.User.ID)
		return err
	}

	err := keepOwner(ctx, tx, link.MerchantID, func() error {
		_, err := tx.ExecContext(ctx, insertMembershipQuery+" ON CONFLICT (user_id, merchant_id) DO UPDATE SET role = excluded.role",
			use.User.ID, link.MerchantID, link.Role, millis(use.At))
		return err
	})
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, "user.role", use.User.ID, map[string]any{"merchant": link.MerchantID, "role": link.Role, "by": link.CreatedBy})
}
