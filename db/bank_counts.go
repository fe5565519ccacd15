package db

import (
	"context"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/internal/cambodia"
)

// BankDifferences counts the lines of statements that need attention, by account, among
// the latest of a merchant and mode up to a limit.
func (s *Store) BankDifferences(ctx context.Context, merchantID string, mode checkout.Mode, limit int) (map[string]int, error) {
	counts := map[string]int{}
	err := forEach(ctx, s.lists, func(row scanner) error {
		var account string
		var count int
		err := row.Scan(&account, &count)
		counts[account] = count
		return err
	}, "SELECT account_id, count(*) FROM (SELECT account_id FROM bank_lines "+s.dialect.using("bank_lines_attention")+
		"WHERE needs_attention = 1 AND merchant_id = $1 AND mode = $2 LIMIT CAST($3 AS BIGINT)) AS part GROUP BY account_id",
		merchantID, mode, limit)
	return counts, err
}

// CountBankLinesByState counts an account's lines of some days.
func (s *Store) CountBankLinesByState(ctx context.Context, accountID string, from, to cambodia.Day) (map[statements.State]int, error) {
	counts := map[statements.State]int{}
	for _, state := range statements.States() {
		var count int
		err := s.lists.QueryRowContext(ctx, "SELECT count(*) FROM bank_lines "+s.dialect.using("bank_lines_state")+
			"WHERE account_id = $1 AND state = $2 AND day >= $3 AND day <= $4", accountID, string(state), int64(from), int64(to)).Scan(&count)
		if err != nil {
			return nil, translateErr(err)
		}
		counts[state] = count
	}
	return counts, nil
}
