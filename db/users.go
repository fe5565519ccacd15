package db

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"rieltime/checkout/users"
)

const userColumns = "id, email, name, locale, is_operator, created_at, disabled_at, password_hash"

var insertUserQuery = insertInto("users", userColumns)

// userRow takes a row's userColumns.
type userRow struct {
	user              users.User
	created, disabled int64
}

func (r *userRow) fields() []any {
	u := &r.user
	return []any{&u.ID, &u.Email, &u.Name, &u.Locale, &u.Operator, &r.created, &r.disabled, &u.PasswordHash}
}

func (r *userRow) read() users.User {
	u := r.user
	u.CreatedAt, u.DisabledAt = fromMillis(r.created), fromMillis(r.disabled)
	return u
}

func scanUser(row scanner) (users.User, error) {
	var r userRow
	if err := row.Scan(r.fields()...); err != nil {
		return users.User{}, translateErr(err)
	}
	return r.read(), nil
}

// InsertUser stores a user with their roles; see users.Store.
func (s *Store) InsertUser(ctx context.Context, u users.User, memberships []users.Membership) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.insertUser(ctx, tx, u, memberships) })
}

func (s *Store) insertUser(ctx context.Context, tx *sql.Tx, u users.User, memberships []users.Membership) error {
	inserted, err := tx.ExecContext(ctx, insertUserQuery+" ON CONFLICT (email) DO NOTHING",
		u.ID, u.Email, u.Name, u.Locale, flag(u.Operator), millis(u.CreatedAt), millis(u.DisabledAt), u.PasswordHash)
	if err != nil {
		return err
	}
	if rows, err := inserted.RowsAffected(); err != nil || rows == 0 {
		return cmp.Or(err, error(users.ErrEmailTaken))
	}

	for _, m := range memberships {
		if err := insertMembership(ctx, tx, m); err != nil {
			return err
		}
	}

	return s.audit(ctx, tx, "user.create", u.ID, map[string]any{"email": u.Email, "operator": u.Operator, "roles": rolesOf(memberships)})
}

var insertMembershipQuery = insertInto("memberships", "user_id, merchant_id, role, created_at")

func insertMembership(ctx context.Context, tx *sql.Tx, m users.Membership) error {
	_, err := tx.ExecContext(ctx, insertMembershipQuery, m.UserID, m.MerchantID, m.Role, millis(m.CreatedAt))
	return err
}

func rolesOf(memberships []users.Membership) map[string]users.Role {
	roles := make(map[string]users.Role, len(memberships))
	for _, m := range memberships {
		roles[m.MerchantID] = m.Role
	}
	return roles
}

// User finds a user by the id.
func (s *Store) User(ctx context.Context, id string) (users.User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE id = $1", id))
}

// UserByEmail finds a user by the address, in lower case.
func (s *Store) UserByEmail(ctx context.Context, email string) (users.User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users WHERE email = $1", email))
}

// Memberships lists a user's merchants; see users.Store.
func (s *Store) Memberships(ctx context.Context, userID string) ([]users.Membership, error) {
	return selectAll(ctx, s.read, func(row scanner) (m users.Membership, err error) {
		var created int64
		err = row.Scan(&m.UserID, &m.MerchantID, &m.Role, &created)
		m.CreatedAt = fromMillis(created)
		return m, err
	}, "SELECT user_id, merchant_id, role, created_at FROM memberships WHERE user_id = $1 ORDER BY merchant_id", userID)
}

const signInColumns = "id, user_id, token_hash, method, user_agent, address, confirmed_by, created_at, authenticated_at, seen_at, ended_at"

var insertSignInQuery = insertInto("sign_ins", signInColumns)

// signInRow takes a row's signInColumns.
type signInRow struct {
	signIn                              users.SignIn
	created, authenticated, seen, ended int64
}

func (r *signInRow) fields() []any {
	in := &r.signIn
	return []any{
		&in.ID, &in.UserID, &in.TokenHash, &in.Method, &in.UserAgent, &in.Address, &in.ConfirmedBy, &r.created, &r.authenticated, &r.seen, &r.ended,
	}
}

func (r *signInRow) read() users.SignIn {
	in := r.signIn
	in.CreatedAt, in.AuthenticatedAt, in.SeenAt, in.EndedAt = fromMillis(r.created), fromMillis(r.authenticated), fromMillis(r.seen), fromMillis(r.ended)
	return in
}

// InsertSignIn stores that a user has signed in; see users.Store.
func (s *Store) InsertSignIn(ctx context.Context, in users.SignIn) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertSignInQuery,
			in.ID, in.UserID, in.TokenHash, in.Method, in.UserAgent, in.Address, in.ConfirmedBy,
			millis(in.CreatedAt), millis(in.AuthenticatedAt), millis(in.SeenAt), millis(in.EndedAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.sign_in", in.UserID, map[string]any{"sign_in": in.ID, "method": in.Method, "address": in.Address})
	})
}

// SignIn finds a sign-in, and its user, by the hash of its token.
func (s *Store) SignIn(ctx context.Context, tokenHash string) (users.SignIn, users.User, error) {
	var in signInRow
	var r userRow
	row := s.read.QueryRowContext(ctx, `SELECT `+qualified("s", signInColumns)+`, `+qualified("u", userColumns)+`
		FROM sign_ins s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1`, tokenHash)
	if err := row.Scan(append(in.fields(), r.fields()...)...); err != nil {
		return users.SignIn{}, users.User{}, translateErr(err)
	}
	return in.read(), r.read(), nil
}

// NoteSignInUse keeps when a sign-in was last used.
func (s *Store) NoteSignInUse(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE sign_ins SET seen_at = $1 WHERE id = $2 AND seen_at < $3", millis(at), id, millis(at))
		return err
	})
}

// EndSignIn ends a sign-in at once. Ending it again changes nothing.
func (s *Store) EndSignIn(ctx context.Context, id string, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE sign_ins SET ended_at = $1 WHERE id = $2 AND ended_at = 0", millis(at), id)
		if err != nil {
			return err
		}
		if err := forgetShownSecrets(ctx, tx, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, "user.sign_out", id, nil)
	})
}

// MerchantIDs lists all merchants.
func (s *Store) MerchantIDs(ctx context.Context) ([]string, error) {
	return selectAll(ctx, s.read, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	}, "SELECT id FROM merchants ORDER BY id")
}
