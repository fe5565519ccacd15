package providertest

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// FuzzSettings feeds a provider settings of any form, beginning with good ones.
// What it refuses names a field or the whole, and shows none of the secrets.
func FuzzSettings(f *testing.F, provider checkout.Provider, good map[string]any, secrets ...string) {
	f.Helper()
	text, err := json.Marshal(good)
	if err != nil {
		f.Fatal(err)
	}

	if err := provider.CheckSettings(checkout.ModeTest, text); err != nil {
		f.Fatal(err)
	}

	f.Add(text, true)
	for name := range good {
		for _, other := range []string{`""`, `null`, `1e9`, `[]`, `"` + strings.Repeat("x", 300) + `"`} {
			changed := map[string]any{}
			for key, value := range good {
				changed[key] = value
			}

			changed[name] = json.RawMessage(other)
			text, _ := json.Marshal(changed)
			f.Add(text, false)
		}
	}

	f.Fuzz(func(t *testing.T, text []byte, live bool) {
		mode := checkout.ModeTest
		if live {
			mode = checkout.ModeLive
		}

		checkAnswer(t, text, provider.CheckSettings(mode, text), secrets)
	})
}

// FuzzCallback feeds a provider messages of any form, beginning with genuine
// ones. genuine judges what it takes as a message of the provider's; of a
// buyer's return nothing may be believed.
func FuzzCallback(f *testing.F, reader checkout.CallbackReader, account checkout.Account, seeds []checkout.Message, genuine func(checkout.Callback) error) {
	f.Helper()
	for _, seed := range seeds {
		f.Add(seed.Body, seed.ContentType, seed.Query.Encode(), seed.Return)
		f.Add(seed.Body, "", seed.Query.Encode(), !seed.Return)
	}

	f.Fuzz(func(t *testing.T, body []byte, contentType, query string, isReturn bool) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}

		callback, err := reader.ReadCallback(account, checkout.Message{
			Method: "POST", ContentType: contentType, Query: values, Body: body, Return: isReturn, ReceivedAt: time.Unix(1_700_000_000, 0),
		})
		switch {
		case err != nil:
		case callback.Reference == "" && callback.Refund == "":
			t.Errorf("%q was taken without a reference", body)
		case isReturn && callback.Answer == nil: // it names a payment to ask about
		default:
			if err := genuine(callback); err != nil {
				t.Errorf("%q was taken as %+v: %v", body, callback, err)
			}
		}
	})
}

// checkAnswer checks what a provider says of settings: what it refuses it names the
// field of, without a secret.
func checkAnswer(t *testing.T, text []byte, err error, secrets []string) {
	t.Helper()
	if err == nil {
		if !json.Valid(text) {
			t.Errorf("%q was taken", text)
		}
		return
	}

	var wrong *checkout.Error
	if !errors.As(err, &wrong) || wrong.Kind != checkout.KindInvalid || wrong.Code == "" {
		t.Errorf("%q: %v says no field", text, err)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error shows a secret: %v", text, err)
		}
	}
}
