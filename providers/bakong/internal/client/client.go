// Package client is the typed client of the Bakong Open API (v1.0.2, May
// 2021), of its public list endpoints and of its look-ups by the references of
// banks. An error that is not an *Error means that no usable answer came.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/wire"
)

// The endpoints that look up a transaction by a reference.
const (
	EndpointExternalRef    = "check_transaction_by_external_ref"
	EndpointInstructionRef = "check_transaction_by_instruction_ref"
)

// Client calls one deployment with one token. It is a value, made for each
// use; Wire is what is shared.
type Client struct {
	Wire    *wire.Client
	BaseURL string          // without the /v1
	Token   checkout.Secret // for the check_… calls
	Now     func() time.Time
	Relay   string // the host that BaseURL is a relay at, and transactions say so; empty: Bakong's own
}

// RequestToken asks for a registration code by e-mail.
func (c Client) RequestToken(ctx context.Context, r Registration) error {
	return c.call(ctx, "request_token", r, nil)
}

// Verify trades the e-mailed code of 20 characters for a token.
func (c Client) Verify(ctx context.Context, code string) (checkout.Secret, error) {
	return c.issue(ctx, "verify", map[string]string{"code": code})
}

// RenewToken issues a new token to a registered e-mail.
func (c Client) RenewToken(ctx context.Context, email string) (checkout.Secret, error) {
	return c.issue(ctx, "renew_token", map[string]string{"email": email})
}

func (c Client) issue(ctx context.Context, endpoint string, in any) (checkout.Secret, error) {
	var out struct {
		Token checkout.Secret `json:"token"`
	}
	if err := c.call(ctx, endpoint, in, &out); err != nil {
		return "", err
	}
	if out.Token == "" {
		return "", errors.New("bakong: the answer has no token")
	}
	return out.Token, nil
}

// DeepLink makes a short link that opens a bank app on the code. Links differ
// at each call. It needs no token; source may be nil.
func (c Client) DeepLink(ctx context.Context, qr string, source *SourceInfo) (string, error) {
	in := struct {
		QR     string      `json:"qr"`
		Source *SourceInfo `json:"sourceInfo,omitempty"`
	}{qr, source}

	var out struct {
		ShortLink Text `json:"shortLink"`
	}
	if err := c.call(ctx, "generate_deeplink_by_qr", in, &out); err != nil {
		return "", err
	}
	if out.ShortLink == "" {
		return "", errors.New("bakong: the answer has no short link")
	}

	return string(out.ShortLink), nil
}

// CheckMD5 asks for the transaction that paid the code with this md5.
func (c Client) CheckMD5(ctx context.Context, md5 string) (Transaction, error) {
	return c.check(ctx, "check_transaction_by_md5", map[string]string{"md5": md5})
}

// CheckHash asks for a transaction by its full hash.
func (c Client) CheckHash(ctx context.Context, hash string) (Transaction, error) {
	return c.check(ctx, "check_transaction_by_hash", map[string]string{"hash": hash})
}

// CheckShortHash asks for a transaction by the first 8 characters of its hash,
// its amount and its currency.
func (c Client) CheckShortHash(ctx context.Context, hash string, amount checkout.Money) (Transaction, error) {
	return c.check(ctx, "check_transaction_by_short_hash", struct {
		Hash     string            `json:"hash"`
		Amount   json.Number       `json:"amount"`
		Currency checkout.Currency `json:"currency"`
	}{hash, json.Number(amount.Decimal()), amount.Currency})
}

// The look-ups by reference are not in the document that this client follows (v1.0.2).
// Public descriptions say that v1.0.3 of January 2022 added them; their paths and bodies
// are those of public integrations, which agree, and that the answer is that of
// CheckHash is what these read. Neither was seen in a document of the National Bank.

// CheckExternalRef asks for a transaction by the reference that the payer's bank gave
// it, such as 100FT38906478429.
func (c Client) CheckExternalRef(ctx context.Context, reference string) (Transaction, error) {
	return c.check(ctx, EndpointExternalRef, map[string]string{"externalRef": reference})
}

// CheckInstructionRef asks for a transaction by the reference of the payer's
// instruction to the bank.
func (c Client) CheckInstructionRef(ctx context.Context, reference string) (Transaction, error) {
	return c.check(ctx, EndpointInstructionRef, map[string]string{"instructionRef": reference})
}

func (c Client) check(ctx context.Context, endpoint string, in any) (Transaction, error) {
	var out Transaction
	err := c.call(ctx, endpoint, in, &out)
	if err == nil {
		err = c.markRelayed(&out)
	}
	return out, err
}

// markRelayed has what is kept of a transaction say by which relay it came.
func (c Client) markRelayed(t *Transaction) error {
	if c.Relay == "" {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(t.Raw, &members); err != nil {
		return err
	}
	members["byRelay"], _ = json.Marshal(c.Relay) // a text can always be written
	var err error
	t.Raw, err = json.Marshal(members)
	return err
}

// CheckAccount asks whether a Bakong account exists; AccountNotFound when not.
func (c Client) CheckAccount(ctx context.Context, id string) error {
	return c.call(ctx, "check_bakong_account", map[string]string{"accountId": id}, nil)
}

// ErrData is the error of an answer whose envelope says success, and whose data
// cannot be read.
var ErrData = errors.New("the data is not what was expected")

// call posts in and reads the data of a successful answer into out, which may
// be nil.
func (c Client) call(ctx context.Context, endpoint string, in, out any) error {
	header := http.Header{}
	isCheck := strings.HasPrefix(endpoint, "check_")
	if isCheck && c.Token != "" {
		header.Set("Authorization", "Bearer "+c.Token.Reveal())
	}

	response, err := c.Wire.PostJSON(ctx, strings.TrimRight(c.BaseURL, "/")+"/v1/"+endpoint, header, in)
	if err != nil {
		return fmt.Errorf("bakong: %s: %w", endpoint, err)
	}

	data, err := c.open(response, strings.HasPrefix(endpoint, "check_transaction_"))
	if err != nil || out == nil {
		return err
	}
	if len(data) == 0 || string(data) == "null" {
		return fmt.Errorf("bakong: %s: success without data: %w", endpoint, ErrData)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("bakong: %s: %w: %w", endpoint, ErrData, err)
	}

	return nil
}

// open takes the envelope off an answer.
func (c Client) open(response wire.Response, transaction bool) (json.RawMessage, error) {
	failure := &Error{Status: response.Status}
	if response.Status == http.StatusUnauthorized {
		failure.Code = CodeUnauthorized
	}

	if response.Status == http.StatusTooManyRequests || response.Status == http.StatusServiceUnavailable {
		failure.RetryAt = response.RetryAfter(c.Now())
	}

	var envelope struct {
		Response Text            `json:"responseCode"`
		Error    Text            `json:"errorCode"`
		Message  Text            `json:"responseMessage"`
		Data     json.RawMessage `json:"data"`
	}
	if err := response.Decode(&envelope); err != nil {
		if response.Status == http.StatusOK {
			return nil, fmt.Errorf("bakong: %w", err)
		}
		return nil, failure
	}

	outcome, understood := envelope.Response.Int()
	number, _ := envelope.Error.Int()
	if response.Status == http.StatusOK && understood && outcome == 0 && number == 0 {
		return envelope.Data, nil
	}

	failure.Message = shorten(string(envelope.Message))
	if understood && outcome != 0 && response.Status != http.StatusUnauthorized {
		failure.Code = ErrorCode(number)
		if transaction {
			failure.Code = normalCode(failure.Code, failure.Message)
		}
	}

	return nil, failure
}

// shorten bounds a message for the log.
func shorten(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
