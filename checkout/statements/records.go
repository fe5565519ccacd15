package statements

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rieltime/checkout"
)

// records are the payments around the days of a statement.
func (s *Service) records(ctx context.Context, account checkout.Account, statement Imported, taken map[string]bool) (records []Record, err error) {
	info := s.info(account.Provider)
	from, to := (statement.First - 2*nearDays).Begin(), (statement.Last + 2*nearDays).Begin()
	err = s.store.PaidPayments(ctx, account, from, to, func(p Paid) {
		record := recordOf(p, info)
		record.Taken = taken[p.ID]
		records = append(records, record)
	})
	return records, err
}

// recordOf is a payment with what a bank may name it by.
func recordOf(p Paid, info checkout.ProviderInfo) Record {
	record := Record{ID: p.ID, Amount: p.Proof.Amount, PaidAt: p.Proof.PaidAt, Keys: []string{p.Proof.TransactionID, p.Reference}}
	if record.PaidAt.IsZero() {
		record.PaidAt = p.At
	}

	record.Keys = append(record.Keys, info.BankReferences(p.Proof.Raw)...)
	for i, key := range record.Keys {
		record.Keys[i] = keyText(key) // as they are looked up, so that each is in memory once
	}

	var raw map[string]any
	if json.Unmarshal(p.Proof.Raw, &raw) != nil {
		return record // another form of answer has no members
	}
	for name, value := range raw {
		if text, is := value.(string); is && text != "" && slices.Contains(info.PersonalFields, strings.ToLower(name)) {
			record.Payers = append(record.Payers, text)
		}
	}
	return record
}
