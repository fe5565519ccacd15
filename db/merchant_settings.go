package db

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"strings"

	"rieltime/checkout"
)

// MerchantSettings reads a merchant's settings as they are at one moment.
func (s *Store) MerchantSettings(ctx context.Context, id string) (checkout.MerchantSettings, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil {
		return checkout.MerchantSettings{}, translateErr(err)
	}
	defer func() { _ = tx.Rollback() }()
	return s.merchantSettings(ctx, tx, id)
}

func (s *Store) merchantSettings(ctx context.Context, q querier, id string) (checkout.MerchantSettings, error) {
	settings := checkout.MerchantSettings{Modes: map[checkout.Mode]checkout.ModeSettings{}}
	var err error
	if settings.Merchant, err = selectMerchant(ctx, q, id); err != nil {
		return settings, err
	}
	if err := q.QueryRowContext(ctx, "SELECT settings_version FROM merchants WHERE id = $1", id).Scan(&settings.Version); err != nil {
		return settings, translateErr(err)
	}

	for _, mode := range []checkout.Mode{checkout.ModeTest, checkout.ModeLive} {
		if settings.Modes[mode], err = s.modeSettings(ctx, q, id, mode); err != nil {
			return settings, err
		}
	}

	return settings, nil
}

func (s *Store) modeSettings(ctx context.Context, q querier, id string, mode checkout.Mode) (settings checkout.ModeSettings, err error) {
	settings.Accounts, err = selectAll(ctx, q, func(row scanner) (a checkout.StoredAccount, err error) {
		var sealed []byte
		if err := row.Scan(&a.ID, &a.MerchantID, &a.Mode, &a.Provider, &a.SettingsVersion, &sealed, &a.Enabled); err != nil {
			return a, err
		}
		a.Settings, err = s.sealer.open(settingsPurpose(a.ID), sealed)
		return a, err
	}, "SELECT "+accountColumns+", enabled FROM provider_accounts WHERE merchant_id = $1 AND mode = $2 ORDER BY provider", id, mode)
	if err != nil {
		return settings, err
	}

	var disabled checkout.DisabledReason
	err = q.QueryRowContext(ctx, "SELECT url, disabled_reason FROM webhook_endpoints WHERE merchant_id = $1 AND mode = $2 AND applied = 1 AND deleted_at = 0", id, mode).
		Scan(&settings.WebhookURL, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return settings, nil
	}

	if disabled == checkout.DisabledByMerchant {
		settings.WebhookURL = ""
	}

	return settings, translateErr(err)
}

// settingsBefore locks a merchant's settings and reads them; those of a merchant that is
// new have no version. Settings of another version than the one that was expected are
// checkout.ErrSettingsChanged.
func (s *Store) settingsBefore(ctx context.Context, tx *sql.Tx, setup checkout.MerchantSetup) (checkout.MerchantSettings, error) {
	_, err := tx.ExecContext(ctx, "UPDATE merchants SET settings_version = settings_version WHERE id = $1", setup.Merchant.ID)
	if err != nil {
		return checkout.MerchantSettings{}, err
	}

	before, err := s.merchantSettings(ctx, tx, setup.Merchant.ID)
	if errors.Is(err, checkout.ErrNotFound) {
		err = nil
	}

	if err == nil && setup.Version != 0 && before.Version != setup.Version {
		err = checkout.ErrSettingsChanged
	}

	return before, err
}

// countChange counts a change of a merchant's settings, if there is one.
func countChange(ctx context.Context, tx *sql.Tx, before checkout.MerchantSettings, changes []string) error {
	if before.Version == 0 || len(changes) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, "UPDATE merchants SET settings_version = settings_version + 1 WHERE id = $1", before.Merchant.ID)
	return err
}

const exportedSecret = "sealed:" // begins a secret in an exported file

// SealSecret seals a secret for a merchant's exported file; at is its place there.
func (s *Store) SealSecret(at string, secret checkout.Secret) string {
	sealed := s.sealer.seal(exportPurpose(at), []byte(secret.Reveal()))
	return exportedSecret + base64.StdEncoding.EncodeToString(sealed)
}

// OpenSecret opens what SealSecret has sealed for the same place. Any other text is
// returned as it is.
func (s *Store) OpenSecret(at, text string) (checkout.Secret, error) {
	encoded, is := strings.CutPrefix(text, exportedSecret)
	if !is {
		return checkout.Secret(text), nil
	}
	sealed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", errSealed
	}
	plain, err := s.sealer.open(exportPurpose(at), sealed)
	return checkout.Secret(plain), err
}

func exportPurpose(at string) string { return "export:" + at }
