package mail

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

// Message is an e-mail of plain text to one address.
type Message struct {
	ID      string // of letters, digits and "_.-"; one that is sent again keeps it
	To      string // an address
	Subject string
	Text    string    // lines end in "\n"
	Date    time.Time // when it was written
	Stop    string    // the page that ends such messages (RFC 2369); empty: there is none
}

// encode writes a message as RFC 5322 wants it.
func (m Message) encode(from, to *mail.Address) ([]byte, error) {
	if strings.ContainsFunc(m.ID, func(r rune) bool { return !strings.ContainsRune(idRunes, r) }) {
		return nil, fmt.Errorf("the id %q of a message", m.ID)
	}
	headers := [][2]string{
		{"From", from.String()},
		{"To", to.String()},
		{"Subject", mime.QEncoding.Encode("utf-8", plain(m.Subject))},
		{"Date", m.Date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + "@" + hostOf(from.Address) + ">"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
		{"Auto-Submitted", "auto-generated"}, // no absence notices, please (RFC 3834)
	}
	if m.Stop != "" {
		headers = append(headers, [2]string{"List-Unsubscribe", "<" + m.Stop + ">"})
	}

	var text bytes.Buffer
	for _, header := range headers {
		// Only an encoded subject has line breaks, each followed by a space.
		if strings.ContainsAny(strings.ReplaceAll(header[1], "\r\n ", ""), "\r\n") {
			return nil, fmt.Errorf("the header %s has a line break", header[0])
		}
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}

	text.WriteString("\r\n")
	body := quotedprintable.NewWriter(&text)
	if _, err := body.Write([]byte(strings.TrimRight(m.Text, "\n") + "\n")); err != nil {
		return nil, err
	}
	return text.Bytes(), body.Close()
}

const idRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

// CheckFrom returns why a text is no sender of messages.
func CheckFrom(from string) error {
	_, err := parseAddress(from)
	return err
}

// parseAddress reads an address, with or without a name. Addresses of other scripts than
// ASCII need an extension (RFC 6531) that many servers lack.
func parseAddress(text string) (*mail.Address, error) {
	address, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsFunc(address.Address, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"`, r) }) {
		return nil, &Error{Code: addressWrong, Text: "the address is not one that mail can be sent to", Addressee: true}
	}
	address.Name = plain(address.Name)
	return address, nil
}

const addressWrong = 553 // RFC 5321: mailbox name not allowed

func hostOf(address string) string {
	_, host, _ := strings.Cut(address, "@")
	return host
}

// plain is a text without line breaks and other control characters.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text))
}
