package bakongcmd

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// Check is "bakong check".
type Check struct {
	MD5            string   `name:"md5" xor:"key" required:"" help:"MD5 of the code that was paid."`
	Hash           []string `xor:"key" required:"" help:"Full hash of the transaction, 64 hex digits. Several, by commas, are queried in lists of 50 where Bakong takes lists."`
	ShortHash      string   `xor:"key" required:"" help:"First 8 digits of the hash; needs --amount and --currency."`
	ExternalRef    string   `xor:"key" required:"" help:"Reference that the payer's bank gave the transaction, such as 100FT38906478429."`
	InstructionRef string   `xor:"key" required:"" help:"Reference of the payer's instruction to the bank."`
	Amount         string   `help:"Amount of the transaction, with --short-hash." placeholder:"10.00"`
	Currency       string   `help:"USD or KHR, with --short-hash." default:"USD"`
}

// Run looks the transaction up and prints it; of several hashes, it prints what became of
// each.
func (c *Check) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	api, err := cmd.authorized()
	if err != nil {
		return err
	}
	if len(c.Hash) > 1 {
		return c.list(ctx, api, cmd, out)
	}

	found, err := c.find(ctx, api)
	if err != nil {
		return explain(err)
	}

	paid := ""
	if at := found.PaidAt(); !at.IsZero() {
		paid = at.Format(time.RFC3339)
	}

	return cmd.write(out,
		field{"State", "paid"},
		field{"Amount", string(found.Amount)},
		field{"Currency", string(found.Currency)},
		field{"From", string(found.FromAccountID)},
		field{"To", string(found.ToAccountID)},
		field{"Hash", string(found.Hash)},
		field{"Description", string(found.Description)},
		field{"Paid at", paid},
	)
}

func (c *Check) find(ctx context.Context, api client.Client) (client.Transaction, error) {
	switch {
	case c.MD5 != "":
		return api.CheckMD5(ctx, strings.ToLower(c.MD5))
	case len(c.Hash) > 0:
		return api.CheckHash(ctx, strings.ToLower(c.Hash[0]))
	case c.ExternalRef != "":
		return api.CheckExternalRef(ctx, c.ExternalRef)
	case c.InstructionRef != "":
		return api.CheckInstructionRef(ctx, c.InstructionRef)
	}

	currency, err := checkout.ParseCurrency(c.Currency)
	if err != nil {
		return client.Transaction{}, err
	}

	amount, err := checkout.ParseMoney(c.Amount, currency)
	if err != nil {
		return client.Transaction{}, checkout.Invalidf("amount", "amount_invalid", "The amount %s.", err)
	}

	return api.CheckShortHash(ctx, strings.ToLower(c.ShortHash), amount)
}

// states are those of listed transactions, as they are printed.
var states = map[client.ListStatus]string{client.ListSuccess: "paid", client.ListFailed: "failed", client.ListNotFound: "not found"}

// list prints a line for each hash. What was answered before a failure is printed too.
func (c *Check) list(ctx context.Context, api client.Client, cmd *Cmd, out io.Writer) error {
	hashes := make([]string, len(c.Hash))
	for i, hash := range c.Hash {
		hashes[i] = strings.ToLower(strings.TrimSpace(hash))
	}

	items, failure := api.CheckHashes(ctx, hashes)
	rows := make([][]field, len(items))
	for i, item := range items {
		rows[i] = []field{{"Hash", item.Key}, {"State", cmp.Or(states[item.Status], "unknown")}, {"Amount", ""}, {"Currency", ""}, {"To", ""}, {"From", ""}}
		if t := item.Transaction; t != nil && item.Status == client.ListSuccess {
			for at, text := range []client.Text{t.Amount, t.Currency, t.ToAccountID, t.FromAccountID} {
				rows[i][2+at].value = string(text)
			}
		}
	}
	if err := cmd.writeRows(out, rows); err != nil {
		return err
	}
	return explain(failure)
}
