// Package client speaks the wire protocol of the KESS payment gateway
// ("Payment Gateway Specification Document"): OAuth tokens, one endpoint for
// every service, signed messages and encrypted customers.
package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/providers/wire"
)

// Account is what a merchant has from KESS. ID names its tokens in the vault.
type Account struct {
	ID           string
	BaseURL      string
	ClientID     string
	ClientSecret checkout.Secret
	Username     string
	Password     checkout.Secret
	SellerCode   string
	APISecretKey checkout.Secret
	SignType     string
}

// owner distinguishes logins, so that a token never outlives its credentials.
func (a Account) owner() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		a.BaseURL, a.ClientID, a.ClientSecret.Reveal(), a.Username, a.Password.Reveal(),
	}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Client calls the gateway. It is safe for concurrent use.
type Client struct {
	wire  *wire.Client
	vault checkout.Vault
	now   func() time.Time
	log   *slog.Logger
	locks sync.Map // account id → chan struct{}, held while a token is renewed
}

// New returns a client that keeps its tokens in vault.
func New(wire *wire.Client, vault checkout.Vault, now func() time.Time, log *slog.Logger) *Client {
	return &Client{wire: wire, vault: vault, now: now, log: log}
}

// Call signs and sends one call of a service ("Merchant API Gateway") and
// decodes the answer's data into out, numbers kept as text when out is an any
// or holds json.Number. seller_code is added, since samples omit it where KESS
// wants it. An *Error is KESS's no; any other error means that what happened
// is not known, unless checkout.IsNotStarted finds it: without a token nothing
// is asked of KESS.
func (c *Client) Call(ctx context.Context, account Account, service string, params Params, out any) error {
	message, err := sign(account, service, params)
	if err != nil {
		return checkout.NotStarted(err)
	}

	access, err := c.token(ctx, account, "")
	if err != nil {
		return checkout.NotStarted(err)
	}

	data, err := c.post(ctx, account, access, message)
	if errors.Is(err, Failed(CodeUnauthenticated)) {
		if access, err = c.token(ctx, account, access); err != nil {
			return checkout.NotStarted(err)
		}
		data, err = c.post(ctx, account, access, message)
	}

	if err != nil {
		c.log.Debug("KESS call", "service", service, "error", err)
		return err
	}

	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("%s: decode data: %w", service, err)
	}

	return nil
}

func (c *Client) post(ctx context.Context, account Account, access string, message Params) (json.RawMessage, error) {
	header := http.Header{"Authorization": {"Bearer " + access}}
	response, err := c.wire.PostJSON(ctx, account.BaseURL+"/api/mch/v2/gateway", header, message)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", message.Text("service"), err)
	}
	return readAnswer(response, c.now())
}

// sign completes a message with service, seller code, sign type and sign. It
// passes through JSON first, so that exactly what is sent is signed.
func sign(account Account, service string, params Params) (Params, error) {
	encoded, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}

	message := Params{}
	if params != nil {
		if message, err = ParseJSON(encoded); err != nil {
			return nil, err
		}
	}

	message["service"] = service
	message["sign_type"] = account.SignType
	if _, given := message["seller_code"]; !given {
		message["seller_code"] = account.SellerCode
	}

	made, err := message.Sign(account.APISecretKey)
	if err != nil {
		return nil, err
	}

	message["sign"] = made
	return message, nil
}
