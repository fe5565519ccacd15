package bayopaysim

import (
	"encoding/json"
	"net/url"
	"strings"

	"rieltime/providers/simkit"
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

// callback returns the callback about a transaction. The lock is held.
func (s *Simulator) callback(t Transaction, o result) simkit.Callback {
	contentType, body := encode(s.Callbacks.Format(), o.fields(t, s.state.Accounts[t.NiagaID]))
	return simkit.Callback{
		URL: t.CallbackURL, Kind: o.Kind, Reference: t.OrderID,
		ContentType: contentType, Body: body, Retry: o.Kind == kindGenuine,
	}
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

// asInSample returns a field with the stray spaces of the document's sample.
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
