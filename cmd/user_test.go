package cmd

import (
	"log/slog"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/db"
)

// TestLastOwnerIsKeptUnlessForced covers the commands that could leave a merchant without
// an owner, and where invitations lead.
func TestLastOwnerIsKeptUnlessForced(t *testing.T) {
	folder, key := newDataFolder(t)
	at := func(args ...string) []string {
		return append(append([]string{"user"}, args...), "--data", folder, "--key", key)
	}
	flags := dataFlags{databaseFlags: databaseFlags{Data: folder}, Key: checkout.Secret(key)}
	err := flags.withUsers(t.Context(), slog.New(slog.DiscardHandler), func(_ *db.Store, service *users.Service) error {
		for _, email := range []string{"sokha@klaing.example", "dara@klaing.example"} {
			if _, err := service.CreateUser(t.Context(), users.User{Email: email}, map[string]users.Role{"klaing": users.RoleOwner}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if out := mustRun(t, at("disable", "sokha@klaing.example")...); out != "sokha@klaing.example is disabled\n" {
		t.Error(out)
	}
	for _, args := range [][]string{{"disable", "dara@klaing.example"}, {"remove", "dara@klaing.example", "--merchant", "klaing"}} {
		if _, err := runCommand(t, at(args...)...); err == nil || !strings.Contains(err.Error(), "dara@klaing.example is the last owner") || !strings.Contains(err.Error(), "--force") {
			t.Errorf("%v: %v", args, err)
		}
		if out := mustRun(t, at("list")...); strings.Count(out, "klaing:owner") != 2 || strings.Count(out, "active") != 1 {
			t.Errorf("after %v:\n%s", args, out)
		}
	}
	mustRun(t, at("remove", "sokha@klaing.example", "--merchant", "klaing")...) // is no owner who may sign in
	mustRun(t, at("disable", "dara@klaing.example", "--force")...)
	mustRun(t, at("enable", "dara@klaing.example")...)
	mustRun(t, at("remove", "dara@klaing.example", "--merchant", "klaing", "--force")...)
	if _, err := runCommand(t, at("remove", "dara@klaing.example", "--merchant", "klaing")...); err == nil || !strings.Contains(err.Error(), "not in the team") {
		t.Errorf("a person who is not in the team: %v", err)
	}

	invite := at("invite", "bopha@klaing.example", "--merchant", "klaing", "--role", "cashier")
	if _, err := runCommand(t, invite...); err == nil || !strings.Contains(err.Error(), "--base-url") {
		t.Errorf("invited to no address: %v", err)
	}
	invite = append(invite, "--base-url", "https://pay.example")
	if out := mustRun(t, invite...); !strings.HasPrefix(out, "https://pay.example/dashboard/links/") {
		t.Error(out)
	}
	if out := mustRun(t, append(invite, "--dashboard-url", "https://shop.example")...); !strings.HasPrefix(out, "https://shop.example/dashboard/links/") {
		t.Error(out)
	}
}
