package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers"
)

// demoOwner is the user of the demo's dashboard.
const demoOwner = "owner@psarchas.example"

// printDashboard prints a single-use link to the demo's dashboard, a new one at each start.
func (a *app) printDashboard(ctx context.Context, stdout io.Writer) error {
	ctx = checkout.WithActor(context.WithoutCancel(ctx), "cli:demo") // a demo that is stopped now has started all the same
	service := users.NewService(a.store, a.store.Now)
	owner, err := service.UserByEmail(ctx, demoOwner)
	if errors.Is(err, checkout.ErrNotFound) {
		owner, err = service.CreateUser(ctx, users.User{Email: demoOwner, Name: "Sokha"}, map[string]users.Role{"demo": users.RoleOwner})
	}
	if err != nil {
		return err
	}

	token, _, err := service.DemoLink(ctx, owner)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Look at the shop's dashboard (works once): %s\n", handlers.UserLinkURL(a.baseURL, token))
	return err
}
