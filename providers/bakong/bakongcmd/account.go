package bakongcmd

import (
	"context"
	"io"
)

// Account is "bakong account".
type Account struct {
	ID string `arg:"" help:"The account, name@bank."`
}

// Run checks the account.
func (a *Account) Run(ctx context.Context, cmd *Cmd, out io.Writer) error {
	api, err := cmd.authorized()
	if err != nil {
		return err
	}
	if err := api.CheckAccount(ctx, a.ID); err != nil {
		return explain(err)
	}
	return cmd.write(out, field{"Account", a.ID}, field{"State", "exists"})
}
