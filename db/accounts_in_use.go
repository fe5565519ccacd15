package db

import (
	"context"

	"rieltime/checkout"
)

// EnabledAccounts lists all merchants' accounts that are in use, decrypted.
func (s *Store) EnabledAccounts(ctx context.Context) ([]checkout.Account, error) {
	var accounts []checkout.Account
	err := forEach(ctx, s.lists, func(row scanner) error {
		account, err := s.scanAccount(row)
		accounts = append(accounts, account)
		return err
	}, "SELECT "+accountColumns+" FROM provider_accounts WHERE enabled = 1 ORDER BY merchant_id, mode, provider")
	return accounts, err
}

// EndpointURLs are the addresses of the webhook endpoints that are in use, by
// their ids.
func (s *Store) EndpointURLs(ctx context.Context) (map[string]string, error) {
	urls := map[string]string{}
	err := forEach(ctx, s.lists, func(row scanner) error {
		var id, url string
		err := row.Scan(&id, &url)
		urls[id] = url
		return err
	}, "SELECT id, url FROM webhook_endpoints WHERE disabled = 0 AND deleted_at = 0")
	return urls, err
}
