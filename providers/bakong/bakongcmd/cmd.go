// Package bakongcmd is "bakong" on the command line: tokens, accounts,
// transactions and deep links of the Bakong Open API. Add Cmd to a kong
// command line; bind it, a context.Context and standard output as an io.Writer.
package bakongcmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
	"rieltime/providers/wire"
)

// Cmd is the command, its parts and what they share.
type Cmd struct {
	Token    Token    `cmd:"" help:"Get, renew and show access tokens."`
	Account  Account  `cmd:"" help:"Check whether a Bakong account exists."`
	Check    Check    `cmd:"" help:"Look up a transaction."`
	Deeplink Deeplink `cmd:"" help:"Make a link that opens a code in a bank app."`

	BaseURL     string          `help:"Address of Bakong's API." default:"https://api-bakong.nbc.gov.kh" env:"RIELTIME_BAKONG_URL"`
	AccessToken checkout.Secret `name:"token" help:"Access token. Prefer the environment variable to the flag." env:"RIELTIME_BAKONG_TOKEN" placeholder:"JWT"`
	JSON        bool            `name:"json" help:"Write JSON."`

	// Now is the clock; nil is time.Now.
	Now func() time.Time `kong:"-"`
}

// Summary returns the command's line of help.
func (c *Cmd) Summary() string {
	return "Call Bakong: tokens, accounts, transactions, deep links."
}

func (c *Cmd) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Cmd) client() client.Client {
	return client.Client{Wire: wire.New(0), BaseURL: c.BaseURL, Token: c.AccessToken, Now: c.now}
}

// authorized returns the client for the calls that need a token.
func (c *Cmd) authorized() (client.Client, error) {
	if c.AccessToken == "" {
		return client.Client{}, errors.New("a token is needed: set RIELTIME_BAKONG_TOKEN (see bakong token)")
	}
	return c.client(), nil
}

// field is one line of output.
type field struct{ name, value string }

// write prints the fields that have a value, as a table or as one JSON object.
func (c *Cmd) write(out io.Writer, fields ...field) error {
	if c.JSON {
		return writeJSON(out, object(fields))
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		if f.value != "" {
			fmt.Fprintf(table, "%s\t%s\n", f.name, f.value)
		}
	}

	return table.Flush()
}

// writeRows prints rows of the same fields, as a table with a header or as one JSON array.
func (c *Cmd) writeRows(out io.Writer, rows [][]field) error {
	if c.JSON {
		objects := make([]map[string]string, len(rows))
		for i, row := range rows {
			objects[i] = object(row)
		}
		return writeJSON(out, objects)
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, row := range rows {
		var names, values []string
		for _, f := range row {
			names, values = append(names, f.name), append(values, f.value)
		}
		if i == 0 {
			fmt.Fprintln(table, strings.Join(names, "\t"))
		}
		fmt.Fprintln(table, strings.Join(values, "\t"))
	}
	return table.Flush()
}

// object has the fields that have a value.
func object(fields []field) map[string]string {
	object := map[string]string{}
	for _, f := range fields {
		if f.value != "" {
			object[strings.ReplaceAll(strings.ToLower(f.name), " ", "_")] = f.value
		}
	}
	return object
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// explain adds to an error of Bakong what the user can do about it.
func explain(err error) error {
	var refused *client.Error
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Gone():
		return fmt.Errorf("this deployment does not offer this call by API; use its website: %w", err)
	case refused.Status == 403:
		return fmt.Errorf("this address is refused; Bakong accepts requests from addresses in Cambodia only: %w", err)
	case refused.Status == 429 && refused.RetryAt.IsZero():
		return fmt.Errorf("too many requests; try again later: %w", err)
	case refused.Status == 429:
		return fmt.Errorf("too many requests; try again at %s: %w", refused.RetryAt.Format(time.RFC3339), err)
	}

	return err
}
