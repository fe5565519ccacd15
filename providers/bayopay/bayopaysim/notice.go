package bayopaysim

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"rieltime/providers/bayopay/internal/hash"
	"rieltime/providers/faults"
)

// Kinds of callback that POST /control/callbacks/send can send.
const (
	kindGenuine  = "genuine"
	kindForged   = "forged"   // hashed with another key
	kindFlipped  = "flipped"  // one digit of the hash changed
	kindTampered = "tampered" // another amount under the genuine hash
)

// Shapes of a callback's body.
const (
	formatJSON   = "json"   // the names as in the tables
	formatForm   = "form"   // the same, URL-encoded
	formatSample = "sample" // as the document's sample: blanks in names and hash, no appcode
)

// notice says which result to write. Empty fields are the transaction's own.
type notice struct {
	Kind     string
	Status   string
	Amount   string
	Currency string
}

type field struct{ name, value string }

// malaysia is the clock of bayo_paydate.
var malaysia = time.FixedZone("MYT", 8*60*60)

// result is what BayoPay says of a transaction, hashed ("Response
// Parameters").
func (n notice) result(t Transaction, account Account) []field {
	at := t.PaidAt
	if at.IsZero() {
		at = t.CreatedAt
	}

	r := hash.Result{
		TranID: t.TranID, OrderID: t.OrderID, Status: or(n.Status, t.Status), NiagaID: t.NiagaID,
		Amount: or(n.Amount, or(t.PaidAmount, t.Amount)), Currency: or(n.Currency, t.Currency),
		Date: at.In(malaysia).Format(time.DateTime), AppCode: t.AppCode,
	}

	sum := r.Sum(account.NiagaKey)
	switch n.Kind {
	case kindForged:
		sum = r.Sum(strings.Repeat("0", len(account.NiagaKey)))
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

// encode writes a result as a callback's body.
func encode(format string, fields []field) (contentType string, body []byte) {
	if format == formatForm {
		values := url.Values{}
		for _, f := range fields {
			values.Set(f.name, f.value)
		}
		return "application/x-www-form-urlencoded", []byte(values.Encode())
	}

	object := map[string]any{}
	for _, f := range fields {
		name, value := f.name, any(f.value)
		if f.value == "" {
			value = nil
		}

		if format == formatSample {
			name, value = asInSample(f)
		}

		object[name] = value
	}

	if format == formatSample && object["bayo_appcode"] == nil {
		delete(object, "bayo_appcode")
	}

	body, _ = json.Marshal(object) // texts and nulls always encode
	return "application/json", body
}

// asInSample writes a field with the stray blanks of the document's sample.
func asInSample(f field) (string, any) {
	switch f.name {
	case "bayo_orderid", "bayo_tranid", "bayo_niagaid":
		return strings.Replace(f.name, "bayo_", "bayo _", 1), f.value
	case "bayo_reshash":
		return f.name, f.value[:29] + " " + f.value[29:46] + " " + f.value[46:]
	}
	if f.value == "" {
		return f.name, nil
	}
	return f.name, f.value
}

// notice makes the callback about a transaction. The lock is held.
func (s *Simulator) notice(t Transaction, n notice) faults.Callback {
	contentType, body := encode(s.callbacks.Format(), n.result(t, s.state.Accounts[t.NiagaID]))
	return faults.Callback{
		URL: t.CallbackURL, Kind: n.Kind, Reference: t.OrderID,
		ContentType: contentType, Body: body, Retry: n.Kind == kindGenuine,
	}
}

// descriptions are the documented texts of the error codes ("Error Code").
var descriptions = map[string]string{
	"BP00001": "Missing required parameters.",
	"BP00002": "Merchant info not found.",
	"BP00003": "Merchant account issue. Please contact merchant.",
	"BP00004": "System is busy now, temporary out of services. Please try later",
	"BP00005": "Payment info incorrect",
	"BP00006": "This account doesn't authorize to use this channel",
	"BP00007": "Currency unsupported.",
	"BP00008": "Transaction amount must more than.",
	"BP00009": "Transaction amount must less than.",
	"BP00010": "Not allow to process.",
	"BP00011": "Your request is not valid",
	"BP00012": "Your credit card number or expiration date is not valid.",
	"BP00013": "System is busy now, temporary out of services. Please try later",
	"BP00014": "Payment timeout",
	"BP00015": "Transaction info not found.",
	"BP00016": "Amount from bank do not match.",
	"BP00017": "Signature from bank not match.",
	"BP00018": "System is busy now, temporary out of services. Please try later",
	"BP00019": "System is busy now, temporary out of services",
	"BP00020": "System is busy now, payment receipt cannot be shown. Please try later",
	"BP00021": "The system have detected that the your IP provided is blacklisted in the server.",
	"BP00022": "System is busy now, temporary out of services. Please try later",
	"BP00023": "Session ID from bank do not match",
}
