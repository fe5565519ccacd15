package cmd

import (
	"log/slog"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/mail/mailtest"
)

func TestMailServerIsSetByCommands(t *testing.T) {
	folder, key := newDataFolder(t)
	at := func(args ...string) []string { return append(args, "--data", folder, "--key", key) }
	if _, err := runCommand(t, at("mail", "show")...); err == nil || !strings.Contains(err.Error(), "rieltime mail set") {
		t.Errorf("without a server: %v", err)
	}
	invite := at("user", "invite", "bopha@klaing.example", "--merchant", "klaing", "--role", "cashier", "--base-url", "https://pay.example")
	if out := mustRun(t, invite...); strings.Contains(out, "e-mail") {
		t.Errorf("sent by no server: %s", out)
	}

	server := mailtest.New(t, mailtest.Options{}) // whose certificate the system does not trust
	set := func(more ...string) []string {
		return at(append([]string{"mail", "set", server.Address, "--from", "Pay <pay@klaing.example>", "--username", "klaing", "--password", "s3cret"}, more...)...)
	}
	if _, err := runCommand(t, set()...); err == nil || !strings.Contains(err.Error(), "nothing was saved") {
		t.Errorf("a server that nobody trusts: %v", err)
	}
	if _, err := runCommand(t, at("mail", "test", "a@b.example")...); err == nil {
		t.Error("the server was saved")
	}
	mustRun(t, set("--no-check")...)
	if out := mustRun(t, at("mail", "show")...); !strings.Contains(out, server.Address) || !strings.Contains(out, "STARTTLS") || strings.Contains(out, "s3cret") {
		t.Error(out)
	}
	if out := mustRun(t, invite...); !strings.Contains(out, "sends it to bopha@klaing.example by e-mail") || !strings.Contains(out, "/dashboard/links/") {
		t.Error(out)
	}

	flags := dataFlags{databaseFlags: databaseFlags{Data: folder}, Key: checkout.Secret(key)}
	err := flags.withStore(t.Context(), slog.New(slog.DiscardHandler), func(store *db.Store) error {
		if got, err := store.MailServer(t.Context()); err != nil || !got.Password.Equal("s3cret") {
			t.Errorf("%+v, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, at("mail", "remove")...)
	if _, err := runCommand(t, at("mail", "remove")...); err == nil {
		t.Error("removed twice")
	}
	for _, wrong := range [][]string{{"smtp.example"}, {"smtp.example:25", "--from", "nobody"}, {"smtp.example:25", "--from", "a@b.example", "--username", "x"}} {
		if _, err := runCommand(t, at(append([]string{"mail", "set"}, wrong...)...)...); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
