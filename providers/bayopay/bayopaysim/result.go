package bayopaysim

import (
	"cmp"
	"strings"
	"time"

	"rieltime/providers/bayopay/internal/client"
)

// result says which result of a transaction to write. Empty fields are the
// transaction's own.
type result struct {
	Kind     string
	Status   string
	Amount   string
	Currency string
}

type field struct{ name, value string }

// malaysia is the time zone of bayo_paydate.
var malaysia = time.FixedZone("MYT", 8*60*60)

// fields returns the fields of a result with their hash ("Response
// Parameters").
func (o result) fields(t Transaction, account Account) []field {
	at := t.PaidAt
	if at.IsZero() {
		at = t.CreatedAt
	}

	r := client.Result{
		TranID: t.TranID, OrderID: t.OrderID, Status: cmp.Or(o.Status, t.Status), NiagaID: t.NiagaID,
		Amount: cmp.Or(o.Amount, t.PaidAmount, t.Amount), Currency: cmp.Or(o.Currency, t.Currency),
		Date: at.In(malaysia).Format(time.DateTime), AppCode: t.AppCode,
	}

	sum := r.Hash(account.NiagaKey)
	switch o.Kind {
	case kindForged:
		sum = r.Hash(strings.Repeat("0", len(account.NiagaKey)))
	case kindFlipped:
		sum = flipDigit(sum)
	case kindTampered:
		r.Amount = "9" + r.Amount
	}

	return []field{
		{"bayo_amount", r.Amount}, {"bayo_orderid", r.OrderID}, {"bayo_tranid", r.TranID}, {"bayo_niagaid", r.NiagaID},
		{"bayo_status", r.Status}, {"bayo_bankcode", "987"}, {"bayo_paymentcode", "500" + t.TranID[1:]},
		{"bayo_appcode", r.AppCode}, {"bayo_errorcode", t.ErrorCode}, {"bayo_errordesc", descriptions[t.ErrorCode]},
		{"bayo_currency", r.Currency}, {"bayo_channel", t.Channel}, {"bayo_paydate", r.Date}, {"bayo_reshash", sum},
	}
}

// flipDigit changes one bit of a hash.
func flipDigit(sum string) string {
	other := byte('0')
	if sum[0] == '0' {
		other = '1'
	}
	return string(other) + sum[1:]
}
