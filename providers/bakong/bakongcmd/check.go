package bakongcmd

import (
	"context"
	"io"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// Check is "bakong check".
type Check struct {
	MD5       string `name:"md5" xor:"key" required:"" help:"MD5 of the code that was paid."`
	Hash      string `xor:"key" required:"" help:"Full hash of the transaction, 64 hex digits."`
	ShortHash string `xor:"key" required:"" help:"First 8 digits of the hash; needs --amount and --currency."`
	Amount    string `help:"Amount of the transaction, with --short-hash." placeholder:"10.00"`
	Currency  string `help:"USD or KHR, with --short-hash." default:"USD"`
}

// Run looks the transaction up and prints it.
func (c *Check) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	api, err := cmd.authorized()
	if err != nil {
		return err
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
	case c.Hash != "":
		return api.CheckHash(ctx, strings.ToLower(c.Hash))
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
