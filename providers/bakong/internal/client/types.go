package client

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Text is any JSON scalar as the text that came: amounts stay decimal text,
// and a number that a deployment writes as a string is read all the same. Null,
// objects and arrays are empty.
type Text string

// UnmarshalJSON never fails on well-formed JSON.
func (t *Text) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	*t = ""
	switch {
	case len(data) == 0 || data[0] == '{' || data[0] == '[' || string(data) == "null":
		return nil
	case data[0] == '"':
		var text string
		err := json.Unmarshal(data, &text)
		*t = Text(strings.TrimSpace(text))
		return err
	}

	*t = Text(data)
	return nil
}

// Int reads a whole number.
func (t Text) Int() (int, bool) {
	n, err := strconv.Atoi(string(t))
	return n, err == nil
}

// Time reads milliseconds since 1970, which Bakong writes as 1586852120000 or
// 1586852120000.0; zero when it is no such number.
func (t Text) Time() time.Time {
	ms, err := strconv.ParseFloat(string(t), 64)
	if err != nil || math.IsNaN(ms) || ms <= 0 || ms >= 1e14 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// Transaction is what Bakong reports of one. The fields after Description are
// public additions that may be absent.
type Transaction struct {
	Hash           Text `json:"hash"` // 64 hex digits
	FromAccountID  Text `json:"fromAccountId"`
	ToAccountID    Text `json:"toAccountId"`
	Currency       Text `json:"currency"` // USD or KHR
	Amount         Text `json:"amount"`   // decimal text, "1.0", "1.0E7"
	Description    Text `json:"description"`
	CreatedMs      Text `json:"createdDateMs"`
	AcknowledgedMs Text `json:"acknowledgedDateMs"`
	InstructionRef Text `json:"instructionRef"`
	ExternalRef    Text `json:"externalRef"`

	Raw json.RawMessage `json:"-"` // the whole data object
}

// UnmarshalJSON keeps the object itself as Raw.
func (t *Transaction) UnmarshalJSON(data []byte) error {
	type fields Transaction
	if err := json.Unmarshal(data, (*fields)(t)); err != nil {
		return err
	}
	t.Raw = bytes.Clone(data)
	return nil
}

// PaidAt is when the payer sent the money, as far as it is known: createdDateMs,
// else acknowledgedDateMs, else zero.
func (t Transaction) PaidAt() time.Time {
	if at := t.CreatedMs.Time(); !at.IsZero() {
		return at
	}
	return t.AcknowledgedMs.Time()
}

// ListStatus is the status of one item of a list answer.
type ListStatus string

// The statuses that public integrations have met.
const (
	ListSuccess  ListStatus = "SUCCESS"
	ListNotFound ListStatus = "NOT_FOUND"
	ListStatic   ListStatus = "STATIC_QR"
	ListFailed   ListStatus = "FAILED"
)

// Listed is one item of a list answer. Key is the md5 or hash it speaks of, in
// lower case. Transaction may come with SUCCESS, or not.
type Listed struct {
	Key         string
	Status      ListStatus
	Transaction *Transaction
}

// Registration is what request_token needs.
type Registration struct {
	Email        string `json:"email"`        // at most 30 characters
	Organization string `json:"organization"` // 1 to 100
	Project      string `json:"project"`      // 1 to 100
}

// SourceInfo is what a deep link gives the bank app about the shop; all three
// are needed.
type SourceInfo struct {
	AppIconURL          string `json:"appIconUrl"`
	AppName             string `json:"appName"`
	AppDeepLinkCallback string `json:"appDeepLinkCallback"`
}
