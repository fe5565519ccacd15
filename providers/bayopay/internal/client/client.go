// Package client is BayoPay's wire protocol: it reads what BayoPay posts about
// a payment, and makes and checks the hashes that sign requests and results. No
// call goes to BayoPay: the buyer's browser posts the request.
package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Message is what BayoPay posts about a payment ("Response Parameters"): its
// values as they were received, by folded name ("bayo_orderid"). A JSON null is
// the empty text.
type Message map[string]string

// MaxMessage bounds a message, in bytes.
const MaxMessage = 64 << 10

// ParseMessage reads a form or a JSON object, its names written with or without
// stray blanks and in any case. A name that comes twice after folding is an
// error: one value could be hashed and the other one used.
func ParseMessage(body []byte) (Message, error) {
	if len(body) > MaxMessage {
		return nil, errors.New("the message is too large")
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return parseJSON(body)
	}
	return parseForm(string(body))
}

func parseForm(body string) (Message, error) {
	values, err := url.ParseQuery(strings.TrimSpace(body))
	if err != nil {
		return nil, err
	}

	fields := Message{}
	for name, texts := range values {
		for _, text := range texts {
			if err := fields.add(name, text); err != nil {
				return nil, err
			}
		}
	}

	return fields, nil
}

// parseJSON reads token by token, since decoding into a map would hide a name
// that comes twice.
func parseJSON(body []byte) (Message, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}

	fields := Message{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}

		value, err := decoder.Token()
		if err != nil {
			return nil, err
		}

		text, err := textOf(value)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", name, err)
		}
		if err := fields.add(fmt.Sprint(name), text); err != nil {
			return nil, err
		}
	}

	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("more than one JSON value")
	}

	return fields, nil
}

func textOf(value json.Token) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	}
	return "", fmt.Errorf("%v is not text", value)
}

func (f Message) add(name, value string) error {
	folded := fold(name)
	if _, twice := f[folded]; twice {
		return fmt.Errorf("%q appears twice", folded)
	}
	f[folded] = value
	return nil
}

// fold lower-cases a name and takes all blanks out of it ("bayo _orderid" in
// the document's sample).
func fold(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name))
}

// Date is bayo_paydate or bayo_txndate, whichever is there, as received. Two
// that differ are an error.
func (f Message) Date() (string, error) {
	paid, traded := f["bayo_paydate"], f["bayo_txndate"]
	switch {
	case paid == "":
		return traded, nil
	case traded == "" || traded == paid:
		return paid, nil
	}
	return "", errors.New("bayo_paydate and bayo_txndate differ")
}
