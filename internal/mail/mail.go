// Package mail sends e-mail by an SMTP server (RFC 5321). Nothing is sent without TLS.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Server is an SMTP server with what it takes to send by it.
type Server struct {
	Address  string // host and port, such as "smtp.example.com:587"
	TLS      bool   // from the first byte (port 465, RFC 8314); false: by STARTTLS (RFC 3207)
	Username string // empty: the server wants none
	Password string
	From     string // an address, or "Name <address>"

	Roots *x509.CertPool // whose certificates are trusted; nil: those of the system
}

const sendTimeout = 30 * time.Second

// Error is what a server answered to a message that it did not take.
type Error struct {
	Code      int // of RFC 5321, section 4.2; 4xx may work later
	Text      string
	Addressee bool // it is about the address that the message is for
}

func (e *Error) Error() string { return fmt.Sprintf("the mail server answered %d %s", e.Code, e.Text) }

// Refused returns the answer of a server that will never take a message for an address.
func Refused(err error) (*Error, bool) {
	answer, ok := errors.AsType[*Error](err)
	return answer, ok && answer.Addressee && answer.Code >= 500
}

// Send sends a message. A message whose answer was lost may have been sent all the same.
func (s Server) Send(ctx context.Context, message Message) error {
	from, err := parseAddress(s.From)
	if err != nil {
		return err
	}
	to, err := parseAddress(message.To)
	if err != nil {
		return err
	}
	text, err := message.encode(from, to)
	if err != nil {
		return err
	}

	client, done, err := s.connect(ctx, hostOf(from.Address))
	if err != nil {
		return err
	}
	defer done()
	return transfer(client, from.Address, to.Address, text)
}

// Check signs in at the server without sending anything.
func (s Server) Check(ctx context.Context) error {
	from, err := parseAddress(s.From)
	if err != nil {
		return err
	}
	client, done, err := s.connect(ctx, hostOf(from.Address))
	if err != nil {
		return err
	}
	defer done()
	return answered(client.Quit(), false)
}

// connect opens a connection that is encrypted and signed in. done closes it.
func (s Server) connect(ctx context.Context, localName string) (client *smtp.Client, done func(), err error) {
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		cancel()
		return nil, nil, err
	}

	// What waits for the server's answer ends with the context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	done = func() {
		stop()
		cancel()
		_ = conn.Close()
	}

	client, err = s.enter(conn, host, localName)
	if err != nil {
		done()
		return nil, nil, answered(err, false)
	}
	return client, done, nil
}

// enter greets a server, encrypts the connection and signs in.
func (s Server) enter(conn net.Conn, host, localName string) (*smtp.Client, error) {
	encryption := &tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	if s.TLS {
		conn = tls.Client(conn, encryption)
	}

	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, err
	}
	if err := client.Hello(localName); err != nil {
		return nil, err
	}

	// A server that offers no encryption may be somebody else's: nothing is sent to it.
	if !s.TLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return nil, errors.New("the mail server offers no STARTTLS")
		}
		if err := client.StartTLS(encryption); err != nil {
			return nil, err
		}
	}

	if s.Username == "" {
		return client, nil
	}
	offered, mechanisms := client.Extension("AUTH")
	if !offered {
		return nil, errors.New("the mail server takes no user names")
	}
	return client, client.Auth(s.auth(host, mechanisms))
}

// transfer hands a message over.
func transfer(client *smtp.Client, from, to string, text []byte) error {
	if err := client.Mail(from); err != nil {
		return answered(err, false)
	}
	if err := client.Rcpt(to); err != nil {
		return answered(err, true)
	}

	w, err := client.Data()
	if err != nil {
		return answered(err, false)
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return answered(err, false)
	}
	_ = client.Quit() // the server has the message
	return nil
}

const longestAnswer = 200

// answered makes a server's refusal an Error whose text is safe to show.
func answered(err error, addressee bool) error {
	answer, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return err
	}
	text := []rune(plain(answer.Msg))
	return &Error{Code: answer.Code, Text: string(text[:min(len(text), longestAnswer)]), Addressee: addressee}
}

// auth is how to sign in by what the server offers.
func (s Server) auth(host, mechanisms string) smtp.Auth {
	for mechanism := range strings.FieldsSeq(mechanisms) {
		if strings.EqualFold(mechanism, "PLAIN") {
			return smtp.PlainAuth("", s.Username, s.Password, host)
		}
	}
	return &loginAuth{answers: []string{s.Username, s.Password}}
}

// loginAuth is the mechanism LOGIN, which some servers offer alone: they ask for the name,
// then for the password (draft-murchison-sasl-login).
type loginAuth struct{ answers []string }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("the connection is not encrypted")
	}
	return "LOGIN", nil, nil
}

func (a *loginAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(a.answers) == 0 {
		return nil, errors.New("the mail server asks for more than a name and a password")
	}
	answer := a.answers[0]
	a.answers = a.answers[1:]
	return []byte(answer), nil
}
