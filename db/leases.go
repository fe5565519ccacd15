package db

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"time"

	"rieltime/checkout"
)

// Lease gives the right to renew a secret of an account; see checkout.Vault. An
// account that is not stored, because its settings are only being checked, is
// known to nobody else. A lease that a clock set back since has put far ahead
// counts as over.
func (s *Store) Lease(ctx context.Context, accountID, name string, lasting time.Duration) (lease checkout.SecretLease, held bool, err error) {
	holder := secretHolder{rand.Text(), accountID, name, false}
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		result, err := tx.ExecContext(ctx, `INSERT INTO secret_leases (account_id, name, holder, leased_until)
			SELECT id, $1, $2, $3 FROM provider_accounts WHERE id = $4
			ON CONFLICT (account_id, name) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
				WHERE secret_leases.leased_until <= $5 OR secret_leases.leased_until > $6`,
			name, holder.id, millis(now.Add(lasting)), accountID, millis(now), millis(now.Add(2*lasting)))
		if err != nil {
			return err
		}

		leased, err := result.RowsAffected()
		if held, holder.leased = leased > 0, leased > 0; held || err != nil {
			return err
		}

		var stored bool
		err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM provider_accounts WHERE id = $1)", accountID).Scan(&stored)
		held = !stored
		return err
	})
	return checkout.SecretLease{
		Keep: func(ctx context.Context, value checkout.Secret) error { return s.keepLeased(ctx, holder, value) },
		Release: func() {
			if holder.leased {
				s.endLease(context.WithoutCancel(ctx), holder)
			}
		},
	}, held && err == nil, err
}

// secretHolder has a lease, or none because the account is not stored. Its id is of
// this lease alone.
type secretHolder struct {
	id, accountID, name string
	leased              bool
}

// keepLeased stores a secret for the holder of its lease. It locks the lease's row,
// so that nobody takes the lease meanwhile.
func (s *Store) keepLeased(ctx context.Context, holder secretHolder, value checkout.Secret) error {
	if !holder.leased {
		return s.Put(ctx, holder.accountID, holder.name, value)
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		held, err := tx.ExecContext(ctx, "UPDATE secret_leases SET leased_until = leased_until WHERE account_id = $1 AND name = $2 AND holder = $3",
			holder.accountID, holder.name, holder.id)
		if err != nil {
			return err
		}
		if rows, err := held.RowsAffected(); err != nil || rows == 0 {
			return cmp.Or(err, checkout.ErrLeaseLost)
		}
		return s.putSecret(ctx, tx, holder.accountID, holder.name, value)
	})
}

// endLease gives a lease back. One that cannot be given back ends by itself.
func (s *Store) endLease(ctx context.Context, holder secretHolder) {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM secret_leases WHERE account_id = $1 AND name = $2 AND holder = $3",
			holder.accountID, holder.name, holder.id)
		return err
	})
	if err != nil {
		s.log.Warn("lease of a secret not given back", "account", holder.accountID, "name", holder.name, "error", err)
	}
}

// AccountID finds the id of a merchant's account at a provider, enabled or not;
// checkout.ErrNotFound when there is none.
func (s *Store) AccountID(ctx context.Context, account checkout.Account) (id string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT id FROM provider_accounts WHERE merchant_id = $1 AND mode = $2 AND provider = $3",
		account.MerchantID, account.Mode, account.Provider).Scan(&id)
	return id, translateErr(err)
}
