package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/handlers"
)

type userCommand struct {
	Invite  userInviteCommand  `cmd:"" help:"Invite a person to the dashboard. Prints a single-use link, which is shown only once."`
	List    userListCommand    `cmd:"" help:"List the users of the dashboard with their roles."`
	Reset   userResetCommand   `cmd:"" help:"Make a single-use link by which a user sets a new password."`
	Remove  userRemoveCommand  `cmd:"" help:"Remove a user from a merchant's team."`
	Disable userDisableCommand `cmd:"" help:"Sign a user out everywhere and let them sign in no more."`
	Enable  userEnableCommand  `cmd:"" help:"Let a disabled user sign in again."`
}

// dashboardFlags are the address of the dashboard.
type dashboardFlags struct {
	BaseURL      string `help:"Public address of this server, as browsers see it." env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	DashboardURL string `help:"Public address of the dashboard, where serve has it on one of its own." env:"RIELTIME_DASHBOARD_URL" placeholder:"https://dashboard.example.com"`
}

// Validate checks that there is an address.
func (f dashboardFlags) Validate() error {
	if f.BaseURL == "" && f.DashboardURL == "" {
		return errors.New("give --base-url, or --dashboard-url where serve has one")
	}
	return nil
}

type userInviteCommand struct {
	dataFlags
	dashboardFlags
	Email    string     `arg:"" help:"The person's e-mail address, by which they will sign in."`
	Merchant string     `help:"The merchant's id." placeholder:"ID"`
	Role     users.Role `help:"owner, manager, accountant, cashier or developer." enum:"owner,manager,accountant,cashier,developer," default:""`
	Language string     `help:"Language of the e-mail that is sent where a mail server is set: km, en or zh." enum:"km,en,zh" default:"en"`
	Operator bool       `help:"Invite an operator of the server, who has every right at every merchant."`
}

// Validate checks that the invitation is to one thing.
func (c *userInviteCommand) Validate() error {
	if c.Operator == (c.Merchant != "" && c.Role != "") || c.Operator && (c.Merchant != "" || c.Role != "") {
		return errors.New("give --merchant and --role, or --operator")
	}
	return c.dashboardFlags.Validate()
}

func (c *userInviteCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withUsers(ctx, log, func(store *db.Store, service *users.Service) error {
		if c.Merchant != "" {
			if _, err := store.Merchant(ctx, c.Merchant); err != nil {
				return fmt.Errorf("merchant %q: %w", c.Merchant, err)
			}
		}

		token, link, err := service.Invite(ctx, users.Link{Email: c.Email, MerchantID: c.Merchant, Role: c.Role, Operator: c.Operator})
		if err != nil {
			return err
		}
		if err := c.mailInvitation(ctx, stdout, store, invitation{token, link}); err != nil {
			return err
		}
		return c.printUserLink(stdout, token, link)
	})
}

type invitation struct {
	token checkout.Secret
	link  users.Link
}

// mailInvitation has the server send an invitation, if a mail server is set.
func (c *userInviteCommand) mailInvitation(ctx context.Context, stdout io.Writer, store *db.Store, i invitation) error {
	service := notices.NewService(store, nil, store.Now)
	if sends, err := service.SendsMail(ctx); err != nil || !sends {
		return err
	}

	address, err := c.linkURL(i.token)
	if err != nil {
		return err
	}
	switch err := service.MailInvitation(ctx, i.link, checkout.Secret(address), c.Language); {
	case errors.Is(err, notices.ErrManyMails): // the link is printed anyway
		_, err = fmt.Fprintln(stdout, "not sent by e-mail: too many were sent for this merchant in the last days")
		return err
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(stdout, "the server sends it to %s by e-mail\n", i.link.Email)
	return err
}

// withUsers runs work on an existing database.
func (f dataFlags) withUsers(ctx context.Context, log *slog.Logger, work func(*db.Store, *users.Service) error) error {
	store, err := f.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}
	return errors.Join(work(store, users.NewService(store, store.Now)), store.Close())
}

func (f dashboardFlags) linkURL(token checkout.Secret) (string, error) {
	baseURL, err := cleanBaseURL(cmp.Or(f.DashboardURL, f.BaseURL))
	return handlers.UserLinkURL(baseURL, token), err
}

func (f dashboardFlags) printUserLink(stdout io.Writer, token checkout.Secret, link users.Link) error {
	address, err := f.linkURL(token)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n  for %s, once, until %s\n", address, link.Email, link.ExpiresAt.Format(time.RFC3339))
	return err
}

type userListCommand struct {
	dataFlags
}

func (c *userListCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withUsers(ctx, log, func(_ *db.Store, service *users.Service) error {
		all, err := service.ListUsers(ctx)
		if err != nil {
			return err
		}

		table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "EMAIL\tNAME\tROLES\tSTATE")
		for _, user := range all {
			roles, err := rolesText(ctx, service, user)
			if err != nil {
				return err
			}
			state := "active"
			if !user.DisabledAt.IsZero() {
				state = "disabled"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", user.Email, user.Name, roles, state)
		}
		return table.Flush()
	})
}

func rolesText(ctx context.Context, service *users.Service, user users.User) (string, error) {
	if user.Operator {
		return "operator", nil
	}
	memberships, err := service.Merchants(ctx, user)
	texts := make([]string, len(memberships))
	for i, m := range memberships {
		texts[i] = m.MerchantID + ":" + string(m.Role)
	}
	return strings.Join(texts, " "), err
}

type userResetCommand struct {
	dataFlags
	dashboardFlags
	Email string `arg:"" help:"The user's e-mail address."`
}

func (c *userResetCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.withUsers(ctx, log, func(_ *db.Store, service *users.Service) error {
		user, err := service.UserByEmail(ctx, c.Email)
		if err != nil {
			return fmt.Errorf("user %q: %w", c.Email, err)
		}
		token, link, err := service.Reset(ctx, user)
		if err != nil {
			return err
		}
		return c.printUserLink(stdout, token, link)
	})
}

type userRemoveCommand struct {
	dataFlags
	Email    string `arg:"" help:"The user's e-mail address."`
	Merchant string `help:"The merchant's id." required:"" placeholder:"ID"`
	Force    bool   `help:"Also remove the last owner who may sign in."`
}

func (c *userRemoveCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.changeUser(ctx, stdout, log, userChange{c.Email, "no longer in the team of " + c.Merchant, func(service *users.Service, user users.User) error {
		err := service.RemoveMember(ctx, c.Merchant, user.ID, c.Force)
		if errors.Is(err, checkout.ErrNotFound) {
			return fmt.Errorf("%s is not in the team of %q", user.Email, c.Merchant)
		}
		return err
	}})
}

type userDisableCommand struct {
	dataFlags
	Email string `arg:"" help:"The user's e-mail address."`
	Force bool   `help:"Also disable the last owner of a merchant who may sign in."`
}

func (c *userDisableCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.changeUser(ctx, stdout, log, userChange{c.Email, "disabled", func(service *users.Service, user users.User) error {
		return service.Disable(ctx, user.ID, c.Force)
	}})
}

type userEnableCommand struct {
	dataFlags
	Email string `arg:"" help:"The user's e-mail address."`
}

func (c *userEnableCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return c.changeUser(ctx, stdout, log, userChange{c.Email, "enabled", func(service *users.Service, user users.User) error {
		return service.Enable(ctx, user.ID)
	}})
}

// userChange is a change of the user with an address, and what they are then.
type userChange struct {
	email, done string
	change      func(*users.Service, users.User) error
}

func (f dataFlags) changeUser(ctx context.Context, stdout io.Writer, log *slog.Logger, c userChange) error {
	return f.withUsers(ctx, log, func(_ *db.Store, service *users.Service) error {
		user, err := service.UserByEmail(ctx, c.email)
		if err != nil {
			return fmt.Errorf("user %q: %w", c.email, err)
		}

		err = c.change(service, user)
		if errors.Is(err, users.ErrLastOwner) {
			return fmt.Errorf("%s is the last owner of a merchant who may sign in: invite another owner first, or give --force", user.Email)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "%s is %s\n", user.Email, c.done)
		return err
	})
}
