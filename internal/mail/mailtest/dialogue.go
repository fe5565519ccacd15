package mailtest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// dialogue is one connection.
type dialogue struct {
	*Server
	conn      net.Conn
	r         *bufio.Reader
	encrypted bool
	greeted   bool
	signedIn  bool
	from, to  string
}

var errBye = errors.New("the connection ends")

func (s *Server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) // a client that hangs must not hang the test
	if s.options.TLS {
		conn = tls.Server(conn, s.tls)
	}
	d := &dialogue{Server: s, conn: conn, r: bufio.NewReader(conn), encrypted: s.options.TLS}
	d.say("220 mail.example ESMTP")
	for {
		line, err := d.line(512) // RFC 5321, section 4.5.3.1.4
		if err != nil || d.command(line) != nil {
			return
		}
	}
}

func (d *dialogue) say(lines ...string) {
	_, _ = io.WriteString(d.conn, strings.Join(lines, "\r\n")+"\r\n") // a client that has gone shows in its test
}

// line reads a line, which ends in CRLF and has no other line break.
func (d *dialogue) line(longest int) (string, error) {
	line, err := d.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	text, ended := strings.CutSuffix(line, "\r\n")
	if !ended || strings.ContainsAny(text, "\r\n\x00") || len(line) > longest {
		d.breaks("the line %q of %d bytes", line, len(line))
		return "", errBye
	}
	return text, nil
}

func (d *dialogue) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	if answer := d.ordered(verb); answer != "" {
		d.say(answer)
		return nil
	}

	switch {
	case verb == "QUIT":
		d.say("221 2.0.0 Bye")
		return errBye
	case verb == "EHLO":
		d.greet(rest)
	case verb == "STARTTLS" && !d.encrypted && d.greeted && !d.options.NoStartTLS:
		return d.encrypt()
	case !d.encrypted:
		d.say("530 5.7.0 Must issue a STARTTLS command first")
	case verb == "AUTH" && d.greeted && d.options.Mechanism != "":
		return d.authenticate(rest)
	case d.options.Mechanism != "" && !d.signedIn:
		d.say("530 5.7.0 Authentication required")
	case verb == "MAIL" && d.greeted && d.from == "":
		d.envelope(&d.from, "FROM:", rest)
	case verb == "RCPT" && d.from != "" && d.to == "":
		d.envelope(&d.to, "TO:", rest)
	case verb == "DATA" && d.to != "":
		return d.data()
	default:
		d.breaks("%q out of order", line)
		d.say("503 5.5.1 Bad sequence of commands")
	}
	return nil
}

func (d *dialogue) greet(name string) {
	if name == "" || strings.ContainsAny(name, " _@") {
		d.breaks("the name %q of the client", name)
	}
	d.greeted = true
	lines := []string{"250-mail.example"}
	if !d.encrypted && !d.options.NoStartTLS {
		lines = append(lines, "250-STARTTLS")
	}
	if d.encrypted && d.options.Mechanism != "" {
		lines = append(lines, "250-AUTH "+d.options.Mechanism)
	}
	d.say(append(lines, "250 8BITMIME")...)
}

func (d *dialogue) encrypt() error {
	// What came in the clear must not count as encrypted.
	if d.r.Buffered() > 0 {
		d.breaks("something behind STARTTLS")
		return errBye
	}
	d.say("220 2.0.0 Ready to start TLS")
	conn := tls.Server(d.conn, d.tls)
	if err := conn.Handshake(); err != nil {
		return errBye // the client does not trust us
	}
	d.conn, d.r, d.encrypted, d.greeted = conn, bufio.NewReader(conn), true, false
	return nil
}

func (d *dialogue) authenticate(rest string) error {
	mechanism, initial, _ := strings.Cut(rest, " ")
	var answers []string
	switch {
	case mechanism != d.options.Mechanism:
		d.say("504 5.5.4 Unrecognized authentication type")
		return nil
	case mechanism == "PLAIN":
		decoded, _ := base64.StdEncoding.DecodeString(initial)
		answers = strings.Split(strings.TrimPrefix(string(decoded), "\x00"), "\x00")
	default:
		for _, question := range []string{"Username:", "Password:"} {
			d.say("334 " + base64.StdEncoding.EncodeToString([]byte(question)))
			line, err := d.line(512)
			if err != nil {
				return err
			}
			decoded, _ := base64.StdEncoding.DecodeString(line)
			answers = append(answers, string(decoded))
		}
	}

	if !slices.Equal(answers, []string{d.options.Username, d.options.Password}) {
		d.say("535 5.7.8 Authentication credentials invalid")
		return nil
	}
	d.signedIn = true
	d.say("235 2.7.0 Authentication successful")
	return nil
}

// envelope reads "FROM:<a@b.example> BODY=8BITMIME".
func (d *dialogue) envelope(into *string, prefix, rest string) {
	path, parameters, _ := strings.Cut(rest, " ")
	address, is := strings.CutPrefix(path, prefix+"<")
	address, closed := strings.CutSuffix(address, ">")
	name, host, found := strings.Cut(address, "@")
	if !is || !closed || !found || name == "" || host == "" || strings.ContainsAny(address, "<>\"\\ ") || parameters != "" && parameters != "BODY=8BITMIME" {
		d.breaks("the envelope %q", rest)
		d.say("501 5.5.4 Syntax error")
		return
	}
	*into = address
	d.say("250 2.1.0 Ok")
}

func (d *dialogue) data() error {
	d.say("354 End data with <CR><LF>.<CR><LF>")
	var text bytes.Buffer
	for {
		line, err := d.line(1000) // RFC 5321, section 4.5.3.1.6
		if err != nil {
			return err
		}
		if line == "." {
			break
		}
		text.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
	}

	message, err := read(text.Bytes())
	if err != nil {
		d.breaks("a message: %v\n%s", err, text.String())
		d.say("554 5.6.0 Not a message")
		return nil
	}
	if answer := d.ordered("."); answer != "" {
		d.say(answer)
		return nil
	}

	message.From, message.To, d.from, d.to = d.from, d.to, "", ""
	d.mu.Lock()
	d.messages = append(d.messages, message)
	lost := d.lose > 0
	d.lose = max(0, d.lose-1)
	d.mu.Unlock()
	if lost {
		return errBye
	}
	d.say("250 2.0.0 Ok: queued")
	return nil
}

// read reads a message and checks it by RFC 5322.
func read(text []byte) (m Message, err error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return m, err
	}
	m.Header = parsed.Header
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"} {
		if len(m.Header[name]) != 1 {
			return m, fmt.Errorf("%d headers %s", len(m.Header[name]), name)
		}
	}
	for i, line := range bytes.SplitAfter(text, []byte("\r\n")) {
		if slices.ContainsFunc(line, func(b byte) bool { return b > '~' }) {
			return m, fmt.Errorf("line %d is not ASCII", i)
		}
	}

	if _, err := m.Header.Date(); err != nil {
		return m, err
	}
	if _, err := mail.ParseAddress(m.Header.Get("From")); err != nil {
		return m, err
	}
	if _, err := mail.ParseAddress(m.Header.Get("To")); err != nil {
		return m, err
	}
	if id := m.Header.Get("Message-Id"); !strings.HasPrefix(id, "<") || strings.Count(id, "@") != 1 || !strings.HasSuffix(id, ">") {
		return m, fmt.Errorf("the Message-ID %q", id)
	}
	if m.Header.Get("Content-Type") != "text/plain; charset=utf-8" || m.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return m, errors.New("the type of the message")
	}
	if m.Subject, err = (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return m, err
	}
	decoded, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	m.Text = strings.ReplaceAll(string(decoded), "\r\n", "\n")
	return m, err
}
