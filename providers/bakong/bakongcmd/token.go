package bakongcmd

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// Token is "bakong token".
type Token struct {
	Request TokenRequest `cmd:"" help:"Register: Bakong emails a code to the address."`
	Verify  TokenVerify  `cmd:"" help:"Exchange the emailed code for a token and print it."`
	Renew   TokenRenew   `cmd:"" help:"Get a new token for a registered address and print it."`
	Show    TokenShow    `cmd:"" help:"Show when the token expires."`
}

// TokenRequest is "bakong token request".
type TokenRequest struct {
	Email        string `required:"" help:"Address to register, at most 30 characters."`
	Organization string `required:"" help:"Your organization's name."`
	Project      string `required:"" help:"The project's name."`
}

// Run registers the address.
func (t *TokenRequest) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	err := cmd.client().RequestToken(ctx, client.Registration{Email: t.Email, Organization: t.Organization, Project: t.Project})
	if err != nil {
		return explain(err)
	}
	return cmd.write(out, field{"Email", t.Email}, field{"Next", "bakong token verify --code CODE, with the code from the email"})
}

// TokenVerify is "bakong token verify".
type TokenVerify struct {
	Code string `required:"" help:"The 20-character code from the email."`
}

// Run gets the token.
func (t *TokenVerify) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	token, err := cmd.client().Verify(ctx, t.Code)
	return cmd.writeToken(out, token, err)
}

// TokenRenew is "bakong token renew".
type TokenRenew struct {
	Email string `required:"" help:"The registered address." env:"RIELTIME_BAKONG_EMAIL"`
}

// Run gets the token.
func (t *TokenRenew) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	token, err := cmd.client().RenewToken(ctx, t.Email)
	return cmd.writeToken(out, token, err)
}

func (c *Cmd) writeToken(out io.Writer, token checkout.Secret, err error) error {
	if err != nil {
		return explain(err)
	}
	return c.write(out, append([]field{{"Token", token.Reveal()}}, c.expiry(token)...)...)
}

// TokenShow is "bakong token show".
type TokenShow struct{}

// Run prints when the token expires, never the token.
func (t *TokenShow) Run(cmd *Cmd, out io.Writer) error {
	if cmd.AccessToken == "" {
		return errors.New("no token: set RIELTIME_BAKONG_TOKEN")
	}
	return cmd.write(out, cmd.expiry(cmd.AccessToken)...)
}

func (c *Cmd) expiry(token checkout.Secret) []field {
	ends := client.Expiry(token)
	if ends.IsZero() {
		return []field{{"Ends", "unknown"}}
	}

	state := "valid"
	left := ends.Sub(c.now())
	switch {
	case left <= 0:
		state, left = "ended", 0
	case left <= 3*24*time.Hour:
		state = "renew now"
	}

	return []field{
		{"Ends", ends.Format(time.RFC3339)},
		{"Days left", strconv.Itoa(int(left / (24 * time.Hour)))},
		{"State", state},
	}
}
