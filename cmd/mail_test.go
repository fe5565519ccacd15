package cmd

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
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

// runTrusting runs rieltime in a process of its own that trusts the certificates of a
// file: a process reads those of its system once.
func runTrusting(t *testing.T, certificates string, args ...string) (string, error) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run", "^TestMailIsSetUpAndTestedByCommands$")
	child.Env = append(os.Environ(), "SSL_CERT_FILE="+certificates, trustingArgs+"="+strings.Join(args, "\n"))
	out, err := child.CombinedOutput()
	return string(out), err
}

const trustingArgs = "RIELTIME_TEST_ARGS" // of the process that runTrusting starts, a line each

func TestMailIsSetUpAndTestedByCommands(t *testing.T) {
	if args := os.Getenv(trustingArgs); args != "" {
		if out, err := runCommand(t, strings.Split(args, "\n")...); err != nil {
			t.Fatal(err, out)
		}
		return
	}

	folder, key := newDataFolder(t)
	server := mailtest.New(t, mailtest.Options{Mechanism: "PLAIN", Username: "klaing", Password: "s3cret"})
	certificates := filepath.Join(t.TempDir(), "trusted.pem")
	if err := os.WriteFile(certificates, server.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	rieltime := func(args ...string) (string, error) {
		return runTrusting(t, certificates, append(args, "--data", folder, "--key", key)...)
	}
	set := func(password string) (string, error) {
		return rieltime("mail", "set", server.Address, "--from", "Pay <pay@klaing.example>", "--username", "klaing", "--password", password)
	}

	if out, err := set("mistyped"); err == nil || !strings.Contains(out, "nothing was saved") || strings.Contains(out, "mistyped") {
		t.Errorf("a wrong password: %v, %s", err, out)
	}
	if out, err := rieltime("mail", "test", "sokha@coffee.example"); err == nil || !strings.Contains(out, "rieltime mail set") {
		t.Errorf("sent by no server: %v, %s", err, out)
	}
	if out, err := set("s3cret"); err != nil {
		t.Fatal(out)
	}
	if out, err := rieltime("mail", "test", "sokha@coffee.example"); err != nil {
		t.Fatal(out)
	}
	sent := server.Messages()
	if len(sent) != 1 || sent[0].To != "sokha@coffee.example" || sent[0].From != "pay@klaing.example" || !strings.Contains(sent[0].Text, "This is a test.") {
		t.Fatalf("%+v", sent)
	}

	server.Answer("RCPT", "550 5.1.1 No such user here")
	if out, err := rieltime("mail", "test", "nobody@coffee.example"); err == nil || !strings.Contains(out, "No such user here") || len(server.Messages()) != 1 {
		t.Errorf("a refused address: %v, %s", err, out)
	}

	// A server that stops to encrypt gets neither the password nor a message.
	plain := mailtest.New(t, mailtest.Options{NoStartTLS: true})
	if out, err := rieltime("mail", "set", plain.Address, "--from", "pay@klaing.example"); err == nil || !strings.Contains(out, "nothing was saved") {
		t.Errorf("without encryption: %v, %s", err, out)
	}
}
