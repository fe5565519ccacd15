package kesssim

import (
	"encoding/json"
	"fmt"
	"net/url"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// Kinds of notice that POST /control/callbacks/send can send.
const (
	kindGenuine  = "genuine"  // the order as it is, signed
	kindForged   = "forged"   // the order as paid, signed with another key
	kindFlipped  = "flipped"  // a genuine one whose amount was changed afterwards
	kindUnsigned = "unsigned" // the order as paid, without a sign
	kindOlder    = "older"    // the order as it was before, signed
)

// Shapes of a notice's body; the document leaves it open.
const (
	formatJSON = "json"
	formatForm = "form"
)

// orderCallback returns the notice about an order: its flat fields with sign and
// sign_type. The document leaves it blank; this follows a sibling gateway. The
// lock is held.
func (s *Simulator) orderCallback(order Order, kind string) simkit.Callback {
	// The order is reported as the kind says; what came before is kept for
	// callbacks out of order.
	paid := order
	if kind == kindForged || kind == kindUnsigned {
		paid.Status, paid.PaidAt, paid.TransactionID = client.StatusSuccess, s.Now(), transactionID(s.Now())
	}

	waiting := order
	waiting.Status, waiting.TransactionID = client.StatusWaiting, ""
	if kind == kindOlder {
		paid = waiting
	}

	key := s.state.Accounts[order.SellerCode].APISecretKey
	if kind == kindForged {
		key = "another key"
	}

	fields := signed(s.orderInfo(paid), order.SignType, key)
	switch kind {
	case kindFlipped:
		fields["total_amount"] = json.Number("1" + order.TotalAmount.String())
	case kindUnsigned:
		delete(fields, "sign")
	}

	callback := s.message(order.NotifyURL, order.OutTradeNo, fields)
	callback.Kind, callback.Retry = kind, kind == kindGenuine
	_, callback.Previous = s.encode(signed(s.orderInfo(waiting), order.SignType, key))
	return callback
}

// refundCallback returns the notice about a refund. The lock is held.
func (s *Simulator) refundCallback(order Order, refund Refund) simkit.Callback {
	account := s.state.Accounts[order.SellerCode]
	return s.message(refund.CallbackURL, order.OutTradeNo, signed(refundInfo(refund), order.SignType, account.APISecretKey))
}

// message returns a genuine callback with signed fields.
func (s *Simulator) message(url, reference string, fields map[string]any) simkit.Callback {
	contentType, body := s.encode(fields)
	return simkit.Callback{
		URL: url, Kind: kindGenuine, Reference: reference,
		ContentType: contentType, Body: body, Retry: true,
	}
}

func (s *Simulator) encode(fields map[string]any) (contentType string, body []byte) {
	if s.Callbacks.Format() == formatForm {
		return "application/x-www-form-urlencoded", []byte(encodeForm(fields))
	}
	return "application/json", []byte(encodeJSON(fields))
}

func encodeJSON(fields map[string]any) string {
	text, _ := json.Marshal(fields) // decoded JSON always encodes
	return string(text)
}

// signed returns a message's fields with sign and sign_type.
func signed(fields map[string]any, signType, key string) map[string]any {
	fields["sign_type"] = signType
	params, err := client.ParseJSON([]byte(encodeJSON(fields)))
	if err != nil {
		return fields
	}
	sign, err := params.Sign(checkout.Secret(key))
	if err == nil {
		params["sign"] = sign
	}
	return params
}

// encodeForm writes a message as PHP's http_build_query does: nothing for
// null, nested names in brackets, numbers as PHP prints them.
func encodeForm(fields map[string]any) string {
	form := url.Values{}
	addForm(form, "", fields)
	return form.Encode()
}

func addForm(form url.Values, prefix string, fields map[string]any) {
	for name, value := range fields {
		if prefix != "" {
			name = prefix + "[" + name + "]"
		}

		switch v := value.(type) {
		case nil:
		case map[string]any:
			addForm(form, name, v)
		case []any:
			for i, item := range v {
				addForm(form, name, map[string]any{fmt.Sprint(i): item})
			}

		default:
			form.Set(name, client.Params{name: v}.Text(name))
		}
	}
}
