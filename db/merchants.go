package db

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"rieltime/checkout"
)

// Merchant finds a merchant by its id.
func (s *Store) Merchant(ctx context.Context, id string) (checkout.Merchant, error) {
	return cachedSettings(s, merchantKey{id}, func() (checkout.Merchant, error) {
		return selectMerchant(context.WithoutCancel(ctx), s.read, id) // one row by its key: watching for the end would take longer
	})
}

const merchantColumns = "id, " + appliedColumns

// merchantRow takes a row's merchantColumns.
type merchantRow struct {
	merchant               checkout.Merchant
	hosts, frames, methods string
	exchange               string
}

func (r *merchantRow) fields() []any {
	m := &r.merchant
	return []any{&m.ID, &m.Name, &m.LogoURL, &m.Accent, &m.SupportContact, &m.TermsURL, &r.hosts, &r.frames, &r.methods, &m.LatePayments, &m.FixedTime, &r.exchange}
}

func (r *merchantRow) read() (checkout.Merchant, error) {
	m := r.merchant
	return m, errors.Join(json.Unmarshal([]byte(r.hosts), &m.ReturnHosts), json.Unmarshal([]byte(r.frames), &m.FrameHosts), json.Unmarshal([]byte(r.methods), &m.Methods),
		json.Unmarshal([]byte(r.exchange), &m.Exchange))
}

func selectMerchant(ctx context.Context, q querier, id string) (checkout.Merchant, error) {
	var r merchantRow
	if err := q.QueryRowContext(ctx, "SELECT "+merchantColumns+" FROM merchants WHERE id = $1", id).Scan(r.fields()...); err != nil {
		return checkout.Merchant{}, translateErr(err)
	}
	return r.read()
}

const accountColumns = "id, merchant_id, mode, provider, settings_version, settings_sealed"

func (s *Store) scanAccount(row scanner) (a checkout.Account, err error) {
	var sealed []byte
	if err := row.Scan(&a.ID, &a.MerchantID, &a.Mode, &a.Provider, &a.SettingsVersion, &sealed); err != nil {
		return a, translateErr(err)
	}
	a.Settings, err = s.sealer.open(settingsPurpose(a.ID), sealed)
	return a, err
}

// Account finds an account by its id, enabled or not: money may still come.
func (s *Store) Account(ctx context.Context, id string) (checkout.Account, error) {
	return cachedSettings(s, accountKey{id}, func() (checkout.Account, error) {
		return s.scanAccount(s.read.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM provider_accounts WHERE id = $1", id))
	})
}

// EarlierSettings lists an account by the settings that it had before, the
// newest first; see checkout.Store.
func (s *Store) EarlierSettings(ctx context.Context, account checkout.Account, limit int) ([]checkout.Account, error) {
	return selectAll(ctx, s.read, func(row scanner) (before checkout.Account, err error) {
		before = account
		var sealed []byte
		if err := row.Scan(&before.SettingsVersion, &sealed); err != nil {
			return before, err
		}
		before.Settings, err = s.sealer.open(earlierPurpose(account.ID, before.SettingsVersion), sealed)
		return before, err
	}, "SELECT version, settings_sealed FROM earlier_settings WHERE account_id = $1 ORDER BY version DESC LIMIT $2", account.ID, limit)
}

// Accounts lists a merchant's enabled accounts of one mode.
func (s *Store) Accounts(ctx context.Context, merchantID string, mode checkout.Mode) ([]checkout.Account, error) {
	accounts, err := cachedSettings(s, accountsKey{merchantID, string(mode)}, func() ([]checkout.Account, error) {
		return s.selectAccounts(ctx, "merchant_id = $1 AND mode = $2 AND enabled = 1", merchantID, mode)
	})
	return slices.Clone(accounts), err
}

func (s *Store) selectAccounts(ctx context.Context, where string, args ...any) ([]checkout.Account, error) {
	ctx = context.WithoutCancel(ctx) // few rows by an index: watching for the end would take longer
	return selectAll(ctx, s.read, s.scanAccount, "SELECT "+accountColumns+" FROM provider_accounts WHERE "+where, args...)
}

// Get reads a secret of an account.
func (s *Store) Get(ctx context.Context, accountID, name string) (checkout.Secret, error) {
	// That there is none is kept too: no stranger names accounts.
	secret, err := cachedSettings(s, accountSecretKey{accountID, name}, func() (*checkout.Secret, error) {
		var sealed []byte
		err := s.read.QueryRowContext(ctx, "SELECT value_sealed FROM account_secrets WHERE account_id = $1 AND name = $2", accountID, name).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, translateErr(err)
		}
		plain, err := s.sealer.open(secretPurpose(accountID, name), sealed)
		return new(checkout.Secret(plain)), err
	})
	if err != nil {
		return "", err
	}
	if secret == nil {
		return "", checkout.ErrNotFound
	}
	return *secret, nil
}

// Put keeps a secret of an account in place of the one before. An account that
// is not stored, because its settings are only being checked, keeps nothing.
func (s *Store) Put(ctx context.Context, accountID, name string, value checkout.Secret) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.putSecret(ctx, tx, accountID, name, value) })
}

func (s *Store) putSecret(ctx context.Context, tx *sql.Tx, accountID, name string, value checkout.Secret) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO account_secrets (account_id, name, value_sealed)
		SELECT id, $1, $2 FROM provider_accounts WHERE id = $3
		ON CONFLICT (account_id, name) DO UPDATE SET value_sealed = excluded.value_sealed`,
		name, s.sealer.seal(secretPurpose(accountID, name), []byte(value.Reveal())), accountID)
	return err
}

// Delete forgets a secret of an account.
func (s *Store) Delete(ctx context.Context, accountID, name string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM account_secrets WHERE account_id = $1 AND name = $2", accountID, name)
		return err
	})
}

// ApplyMerchant makes a merchant or changes it; see checkout.MerchantStore.
func (s *Store) ApplyMerchant(ctx context.Context, setup checkout.MerchantSetup) ([]checkout.AppliedMode, error) {
	var applied []checkout.AppliedMode
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		applied = nil
		before, err := s.settingsBefore(ctx, tx, setup) // and lock its row: others that apply the merchant wait
		if err != nil {
			return err
		}
		if err := upsertMerchant(ctx, tx, setup); err != nil {
			return err
		}
		if err := s.lockAccounts(ctx, tx, setup.Merchant.ID); err != nil {
			return err
		}

		for _, mode := range setup.Modes {
			made, err := s.applyMode(ctx, tx, setup, mode)
			if err != nil {
				return err
			}
			applied = append(applied, made)
		}

		changes := setup.Changes(before)
		if err := countChange(ctx, tx, before, changes); err != nil {
			return err
		}
		return s.auditApply(ctx, tx, setup, applied, changes)
	})
	return applied, err
}

// lockAccounts locks all accounts of a merchant, before any of their rows is written:
// whoever changes an account's quota locks the account first too.
func (s *Store) lockAccounts(ctx context.Context, tx *sql.Tx, merchantID string) error {
	accounts, err := queryStrings(ctx, tx, "SELECT id FROM provider_accounts WHERE merchant_id = $1 ORDER BY id", merchantID)
	if err != nil {
		return err
	}

	for _, id := range accounts {
		if err := s.lock(ctx, tx, lockAccount, id); err != nil {
			return err
		}
	}
	return nil
}

const appliedColumns = "name, logo_url, accent, support_contact, terms_url, return_hosts, frame_hosts, methods, late_payments, fixed_time, exchange"

var upsertMerchantQuery = insertInto("merchants", "id, "+appliedColumns+", created_at") +
	" ON CONFLICT (id) DO UPDATE SET " + fromExcluded(appliedColumns)

func upsertMerchant(ctx context.Context, tx *sql.Tx, setup checkout.MerchantSetup) error {
	m := setup.Merchant
	hosts, err := json.Marshal(m.ReturnHosts)
	if err != nil {
		return err
	}

	frames, err := json.Marshal(m.FrameHosts)
	if err != nil {
		return err
	}

	methods, err := json.Marshal(m.Methods)
	if err != nil {
		return err
	}

	exchange, err := json.Marshal(m.Exchange)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, upsertMerchantQuery,
		m.ID, m.Name, m.LogoURL, m.Accent, m.SupportContact, m.TermsURL, string(hosts), string(frames), string(methods), m.LatePayments, flag(m.FixedTime), string(exchange), millis(setup.At))
	return err
}

func (s *Store) applyMode(ctx context.Context, tx *sql.Tx, setup checkout.MerchantSetup, mode checkout.ModeSetup) (checkout.AppliedMode, error) {
	applied := checkout.AppliedMode{Mode: mode.Mode, Accounts: map[string]string{}}
	_, err := tx.ExecContext(ctx, "UPDATE provider_accounts SET enabled = 0 WHERE merchant_id = $1 AND mode = $2", setup.Merchant.ID, mode.Mode)
	if err != nil {
		return applied, err
	}

	for _, account := range mode.Accounts {
		if applied.Accounts[account.Provider], err = s.applyAccount(ctx, tx, account); err != nil {
			return applied, err
		}
	}

	if applied.APIKey, err = s.applyKey(ctx, tx, mode); err != nil {
		return applied, err
	}

	applied.WebhookSecret, err = s.applyEndpoint(ctx, tx, setup, mode)
	return applied, err
}

// applyAccount keeps an account's id and what was kept for it, such as tokens
// and customers' cards: providers know which of these other settings invalidate.
// Payments of which nobody knew are queried at once: what kept the
// provider from answering may just have been put right.
func (s *Store) applyAccount(ctx context.Context, tx *sql.Tx, a checkout.Account) (id string, err error) {
	before, err := s.scanAccount(tx.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM provider_accounts WHERE merchant_id = $1 AND mode = $2 AND provider = $3",
		a.MerchantID, a.Mode, a.Provider))
	switch {
	case errors.Is(err, checkout.ErrNotFound):
		id = a.ID
	case err != nil:
		return "", err
	default:
		id = before.ID
		if checkout.SameSettings(before.Settings, a.Settings) { // written otherwise
			a.Settings = before.Settings
		}
	}

	_, err = tx.ExecContext(ctx, `INSERT INTO provider_accounts (id, merchant_id, mode, provider, settings_sealed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET settings_sealed = excluded.settings_sealed, enabled = 1,
			paused_until = 0, learnt_allowance = 0, limit_answers = 0`,
		id, a.MerchantID, a.Mode, a.Provider, s.sealer.seal(settingsPurpose(id), a.Settings))
	if err != nil || bytes.Equal(before.Settings, a.Settings) {
		return id, err
	}
	if err := s.keepEarlier(ctx, tx, before); err != nil {
		return "", err
	}

	now := millis(s.now())
	_, err = tx.ExecContext(ctx, "UPDATE payments SET next_check_at = $1 WHERE account_id = $2 AND next_check_at > 0 AND next_check_at > $3 AND doubtful = 1", now, id, now)
	return id, err
}

// keepEarlier keeps the settings that an account had, if it had any, and counts
// its settings on.
func (s *Store) keepEarlier(ctx context.Context, tx *sql.Tx, before checkout.Account) error {
	if before.ID == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO earlier_settings (account_id, version, settings_sealed) VALUES ($1, $2, $3)",
		before.ID, before.SettingsVersion, s.sealer.seal(earlierPurpose(before.ID, before.SettingsVersion), before.Settings))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE provider_accounts SET settings_version = settings_version + 1 WHERE id = $1", before.ID)
	return err
}

func (s *Store) applyKey(ctx context.Context, tx *sql.Tx, mode checkout.ModeSetup) (checkout.Secret, error) {
	if mode.KeyText == "" {
		return "", nil
	}

	var has bool
	k := mode.Key
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM api_keys WHERE merchant_id = $1 AND mode = $2)", k.MerchantID, k.Mode).Scan(&has)
	if err != nil || has {
		return "", err
	}
	return mode.KeyText, insertKey(ctx, tx, k)
}

// applyEndpoint keeps the endpoint of the merchant's file at its URL; its secret
// stays when the URL moves. Endpoints made otherwise are left alone.
func (s *Store) applyEndpoint(ctx context.Context, tx *sql.Tx, setup checkout.MerchantSetup, mode checkout.ModeSetup) (checkout.Secret, error) {
	e := mode.Endpoint
	endpoint, err := s.lockApplied(ctx, tx, setup.Merchant.ID, mode.Mode)
	if errors.Is(err, checkout.ErrNotFound) {
		if e.URL == "" {
			return "", nil
		}
		return e.Secret, s.insertEndpoint(ctx, tx, e, true)
	}

	if err != nil {
		return "", err
	}

	switch {
	case e.URL == "":
		endpoint.Disabled = checkout.DisabledByMerchant
	case e.URL != endpoint.URL || endpoint.Disabled == checkout.DisabledByMerchant:
		endpoint.URL, endpoint.Disabled, endpoint.FailingSince = e.URL, "", time.Time{}
	}

	return "", s.saveEndpoint(ctx, tx, endpoint)
}

// lockApplied locks and reads the endpoint of the merchant's file.
func (s *Store) lockApplied(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode) (checkout.WebhookEndpoint, error) {
	var id string
	err := tx.QueryRowContext(ctx, "SELECT id FROM webhook_endpoints WHERE merchant_id = $1 AND mode = $2 AND applied = 1 AND deleted_at = 0",
		merchantID, mode).Scan(&id)
	if err != nil {
		return checkout.WebhookEndpoint{}, translateErr(err)
	}
	if err := s.lock(ctx, tx, lockEndpoint, id); err != nil {
		return checkout.WebhookEndpoint{}, err
	}
	return s.selectEndpoint(ctx, tx, id)
}
