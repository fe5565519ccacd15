package db

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// Members lists a merchant's members, by their addresses.
func (s *Store) Members(ctx context.Context, merchantID string, limit int) ([]users.Member, error) {
	return selectAll(ctx, s.read, func(row scanner) (m users.Member, err error) {
		var r userRow
		err = row.Scan(append(r.fields(), &m.Role)...)
		m.User = r.read()
		return m, err
	}, `SELECT `+qualified("u", userColumns)+`, m.role FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.merchant_id = $1 ORDER BY u.email LIMIT $2`, merchantID, limit)
}

// SetRole changes the role of a member; see users.Store.
func (s *Store) SetRole(ctx context.Context, merchantID, userID string, role users.Role) error {
	return s.changeTeam(ctx, merchantID, false, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "UPDATE memberships SET role = $1 WHERE user_id = $2 AND merchant_id = $3", role, userID, merchantID)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.role", userID, map[string]any{"merchant": merchantID, "role": role})
	})
}

// RemoveMember removes a user from a merchant's team; see users.Store.
func (s *Store) RemoveMember(ctx context.Context, merchantID, userID string, force bool) error {
	return s.changeTeam(ctx, merchantID, force, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "DELETE FROM memberships WHERE user_id = $1 AND merchant_id = $2", userID, merchantID)
		if err != nil {
			return err
		}
		if err := withdrawInvitations(ctx, tx, merchantID, userID, millis(s.now())); err != nil {
			return err
		}
		// What they share stays with the team.
		if _, err := tx.ExecContext(ctx, "DELETE FROM saved_views WHERE merchant_id = $1 AND user_id = $2 AND shared = 0", merchantID, userID); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.remove", userID, map[string]any{"merchant": merchantID, "force": force})
	})
}

// changeTeam runs a change of one member in a transaction of its own; see keepOwner. By
// force a team may lose its last owner.
func (s *Store) changeTeam(ctx context.Context, merchantID string, force bool, change func(context.Context, *sql.Tx) error) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if force {
			return change(ctx, tx)
		}
		return keepOwner(ctx, tx, merchantID, func() error { return change(ctx, tx) })
	})
}

// keepOwner runs a change of one member. It is users.ErrLastOwner when it leaves no owner.
func keepOwner(ctx context.Context, tx *sql.Tx, merchantID string, change func() error) error {
	// Two owners who remove each other at the same time wait for each other here.
	if err := changeRow(ctx, tx, "UPDATE merchants SET name = name WHERE id = $1", merchantID); err != nil {
		return err
	}

	before, err := owners(ctx, tx, merchantID)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}

	after, err := owners(ctx, tx, merchantID)
	if err == nil && before > 0 && after == 0 {
		err = users.ErrLastOwner
	}
	return err
}

// withdrawInvitations withdraws the open invitations to a merchant by which a member who
// is removed could return: those of their address, and those that they made.
func withdrawInvitations(ctx context.Context, tx *sql.Tx, merchantID, userID string, at int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE user_links SET withdrawn_at = $1
		WHERE merchant_id = $2 AND created_at > $3 AND used_at = 0 AND withdrawn_at = 0
			AND (created_by = $4 OR email = (SELECT email FROM users WHERE id = $5))`,
		at, merchantID, at-users.LinkLife.Milliseconds(), users.Actor(userID), userID)
	return err
}

// changeRow runs a change of one row, which is checkout.ErrNotFound when there is none.
func changeRow(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	changed, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if rows, err := changed.RowsAffected(); err != nil || rows == 0 {
		return cmp.Or(err, error(checkout.ErrNotFound))
	}
	return nil
}

// owners counts a merchant's owners who may sign in.
func owners(ctx context.Context, tx *sql.Tx, merchantID string) (count int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.merchant_id = $1 AND m.role = $2 AND u.disabled_at = 0`, merchantID, users.RoleOwner).Scan(&count)
	return count, err
}

// OpenInvitations lists a merchant's invitations that can be used; see users.Store.
func (s *Store) OpenInvitations(ctx context.Context, merchantID string, now time.Time, limit int) ([]users.Link, error) {
	return selectAll(ctx, s.read, scanUserLink, "SELECT "+linkOfUserColumns+` FROM user_links
		WHERE merchant_id = $1 AND created_at > $2 AND kind = 'invitation' AND used_at = 0 AND withdrawn_at = 0 AND expires_at > $3
		ORDER BY created_at DESC, id DESC LIMIT $4`, merchantID, millis(now.Add(-users.LinkLife)), millis(now), limit)
}

// WithdrawInvitation ends an invitation; see users.Store.
func (s *Store) WithdrawInvitation(ctx context.Context, merchantID, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "UPDATE user_links SET withdrawn_at = $1 WHERE id = $2 AND merchant_id = $3 AND used_at = 0 AND withdrawn_at = 0",
			millis(at), id, merchantID)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.invitation_withdraw", id, nil)
	})
}
