package baray

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/client"
)

const maxOrderID = 64 // characters

// ReadCallback decrypts a webhook (section 6). What is decrypted is the bare
// order id or, in public integrations, a JSON object with only order_id. There
// is no MAC, so the message only triggers a query. A buyer who returns triggers
// one too, by the reference in the address, which proves as little.
//
// Every refusal reads the same: one that named the fault would let its sender
// decrypt without the key.
func (p *Provider) ReadCallback(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	if message.Return {
		return readReturn(message)
	}

	settings, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}

	key, err := client.NewKey(settings.SK.Reveal(), settings.IV.Reveal())
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}

	orderID, err := readWebhook(key, message)
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}

	return checkout.Callback{Reference: orderID, Reply: "OK"}, nil
}

func readReturn(message checkout.Message) (checkout.Callback, error) {
	orderID, err := orderIDOf([]byte(message.Query.Get(referenceParam)))
	if err != nil {
		return checkout.Callback{}, checkout.ErrCallbackRefused.WithCause(err)
	}
	return checkout.Callback{Reference: orderID}, nil
}

func readWebhook(key *client.Key, message checkout.Message) (string, error) {
	if message.Method != http.MethodPost {
		return "", errors.New("not a POST")
	}

	var body struct {
		EncryptedOrderID string `json:"encrypted_order_id"`
	}
	if err := json.Unmarshal(message.Body, &body); err != nil {
		return "", err
	}

	plain, err := key.Decrypt(body.EncryptedOrderID)
	if err != nil {
		return "", err
	}

	return orderIDOf(plain)
}

// orderIDOf refuses whatever is more than an order id: a plaintext with an
// amount is a captured body of our own POST /pay.
func orderIDOf(plain []byte) (string, error) {
	orderID := string(plain)
	if bytes.HasPrefix(bytes.TrimSpace(plain), []byte("{")) {
		orderID = ""
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(plain, &fields); err != nil {
			return "", err
		}
		if len(fields) != 1 || json.Unmarshal(fields["order_id"], &orderID) != nil {
			return "", errors.New("the object has other fields than order_id")
		}
	}

	if orderID == "" || len(orderID) > maxOrderID || !utf8.ValidString(orderID) {
		return "", errors.New("not an order id")
	}
	if strings.ContainsFunc(orderID, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		return "", errors.New("not an order id")
	}

	return orderID, nil
}
