package db

import (
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
func (s *Store) Lease(ctx context.Context, accountID, name string, lasting time.Duration) (release func(), held bool, err error) {
	holder := rand.Text()
	release = func() {}
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		result, err := tx.ExecContext(ctx, `INSERT INTO secret_leases (account_id, name, holder, leased_until)
			SELECT id, $1, $2, $3 FROM provider_accounts WHERE id = $4
			ON CONFLICT (account_id, name) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
				WHERE leased_until <= $5 OR leased_until > $6`,
			name, holder, millis(now.Add(lasting)), accountID, millis(now), millis(now.Add(2*lasting)))
		if err != nil {
			return err
		}

		leased, err := result.RowsAffected()
		if held = leased > 0; held || err != nil {
			return err
		}

		var stored bool
		err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM provider_accounts WHERE id = $1)", accountID).Scan(&stored)
		held = !stored
		return err
	})
	if err != nil || !held {
		return release, false, err
	}

	return func() { s.endLease(context.WithoutCancel(ctx), accountID, name, holder) }, true, nil
}

// endLease gives a lease back. One that cannot be given back ends by itself.
func (s *Store) endLease(ctx context.Context, accountID, name, holder string) {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM secret_leases WHERE account_id = $1 AND name = $2 AND holder = $3", accountID, name, holder)
		return err
	})
	if err != nil {
		s.log.Warn("lease of a secret not given back", "account", accountID, "name", name, "error", err)
	}
}

// AccountID finds the id of a merchant's account at a provider, enabled or not;
// checkout.ErrNotFound when there is none.
func (s *Store) AccountID(ctx context.Context, account checkout.Account) (id string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT id FROM provider_accounts WHERE merchant_id = $1 AND mode = $2 AND provider = $3",
		account.MerchantID, account.Mode, account.Provider).Scan(&id)
	return id, translateErr(err)
}
