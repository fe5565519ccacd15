package mail_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"rieltime/internal/mail"
	"rieltime/internal/mail/mailtest"
)

var at = time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)

func clientOf(server *mailtest.Server, options mailtest.Options) mail.Server {
	return mail.Server{Address: server.Address, TLS: options.TLS, Username: options.Username, Password: options.Password, From: "Klaing <pay@klaing.example>", Roots: server.Roots}
}

func message() mail.Message {
	return mail.Message{ID: "mail_1", To: "sokha@shop.example", Subject: "សរុប ☕", Text: "ទទួលបាន $10.00\n.\n.hidden = dot\n" + strings.Repeat("long ", 300), Date: at, Stop: "https://pay.example/stop"}
}

func TestMessageArrivesByEachWay(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]mailtest.Options{
		"STARTTLS":            {},
		"STARTTLS with PLAIN": {Mechanism: "PLAIN", Username: "klaing", Password: "p\"ass word"},
		"TLS":                 {TLS: true},
		"TLS with LOGIN":      {TLS: true, Mechanism: "LOGIN", Username: "klaing", Password: "ពាក្យ"},
	} {
		server := mailtest.New(t, options)
		if err := clientOf(server, options).Send(t.Context(), message()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := server.Messages()
		if len(got) != 1 || got[0].From != "pay@klaing.example" || got[0].To != "sokha@shop.example" || got[0].Subject != "សរុប ☕" ||
			strings.TrimRight(got[0].Text, "\n") != message().Text || got[0].Header.Get("List-Unsubscribe") != "<https://pay.example/stop>" ||
			got[0].Header.Get("Message-Id") != "<mail_1@klaing.example>" {
			t.Errorf("%s: %+v", name, got)
		}
		if err := clientOf(server, options).Check(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingIsSentWithoutEncryption covers a server between that strips STARTTLS, and one
// with a certificate that nobody trusts.
func TestNothingIsSentWithoutEncryption(t *testing.T) {
	t.Parallel()
	stripped := mailtest.New(t, mailtest.Options{NoStartTLS: true})
	untrusted := mailtest.New(t, mailtest.Options{})
	other := clientOf(untrusted, mailtest.Options{})
	other.Roots = nil
	for name, client := range map[string]mail.Server{"without STARTTLS": clientOf(stripped, mailtest.Options{}), "untrusted": other} {
		if err := client.Send(t.Context(), message()); err == nil {
			t.Errorf("sent to a server %s", name)
		}
	}
	if n := len(stripped.Messages()) + len(untrusted.Messages()); n > 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func TestNoHeaderIsInjected(t *testing.T) {
	t.Parallel()
	server := mailtest.New(t, mailtest.Options{})
	client := clientOf(server, mailtest.Options{})
	for _, to := range []string{"a@b.example\r\nBcc: c@d.example", "a@b.example>\r\nDATA", "a b@c.example", "\"a\r\nb\"@c.example", "a@b.example, c@d.example", "សុខា@b.example", ""} {
		m := message()
		m.To = to
		if _, refused := mail.Refused(client.Send(t.Context(), m)); !refused {
			t.Errorf("%q is an address", to)
		}
	}

	m := message()
	m.Subject = "Klaing\r\nBcc: c@d.example\r\n\r\nbody\u2028\x00"
	if err := client.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := server.Messages()
	if len(got) != 1 || got[0].Header.Get("Bcc") != "" || got[0].Subject != "Klaing  Bcc: c@d.example    body" || strings.HasPrefix(got[0].Text, "body") {
		t.Errorf("%+v", got)
	}

	m.Stop, client.From = "https://pay.example/\r\nBcc: c@d.example", "Klaing\r\nBcc: c@d.example <pay@klaing.example>"
	if err := client.Send(t.Context(), m); err == nil {
		t.Error("a sender with a line break is taken")
	}
	client.From = "pay@klaing.example"
	if err := client.Send(t.Context(), m); err == nil {
		t.Error("a page with a line break is taken")
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	options := mailtest.Options{Mechanism: "PLAIN", Username: "klaing", Password: "right"}
	for name, c := range map[string]struct {
		command, answer, password string
		refused                   bool
	}{
		"an unknown mailbox": {"RCPT", "550 5.1.1 No such user here", "right", true},
		"a full mailbox":     {"RCPT", "452 4.2.2 Mailbox full", "right", false},
		"a wrong sender":     {"MAIL", "550 5.7.1 Sender refused", "right", false},
		"a full server":      {".", "451 4.3.0 Try later", "right", false},
		"a wrong password":   {"", "", "wrong", false},
	} {
		server := mailtest.New(t, options)
		client := clientOf(server, options)
		client.Password = c.password
		if c.command != "" {
			server.Answer(c.command, c.answer)
		}
		err := client.Send(t.Context(), message())
		if _, refused := mail.Refused(err); err == nil || refused != c.refused || strings.Contains(err.Error(), "wrong ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := silent.Accept()
		cancel()
		if err == nil {
			defer conn.Close()
			<-t.Context().Done()
		}
	}()
	if err := (mail.Server{Address: silent.Addr().String(), From: "a@b.example"}).Send(ctx, message()); err == nil {
		t.Error("sent to a server that says nothing")
	}
}
