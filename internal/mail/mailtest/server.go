// Package mailtest is a strict SMTP server for tests: it takes only what RFC 5321 and RFC
// 5322 allow, and nothing without TLS.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"sync"
	"testing"
)

// Options say how a server differs from one that takes everything by STARTTLS.
type Options struct {
	TLS        bool   // from the first byte
	NoStartTLS bool   // offers no encryption
	Mechanism  string // of AUTH: "PLAIN", "LOGIN"; empty: no user names
	Username   string
	Password   string
}

// Message is what a server has taken.
type Message struct {
	From, To string // of the envelope
	Header   mail.Header
	Subject  string // decoded
	Text     string // decoded
}

// Server is a server. It is safe for concurrent use.
type Server struct {
	Address string
	Roots   *x509.CertPool // that trust it
	PEM     []byte         // its certificate, for a file of trusted ones

	t       testing.TB
	options Options
	tls     *tls.Config

	mu       sync.Mutex
	messages []Message
	answers  map[string][]string // the next answers by command, instead of its own
	lose     int                 // answers to messages that are lost
	wrong    []string            // what clients did that RFCs forbid
}

// New starts a server, which fails the test if a client breaks a rule.
func New(t testing.TB, options Options) *Server {
	t.Helper()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate for 127.0.0.1
	s := &Server{t: t, options: options, tls: &tls.Config{Certificates: certified.TLS.Certificates}, Roots: x509.NewCertPool(), answers: map[string][]string{}}
	s.Roots.AddCert(certified.Certificate())
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw})
	certified.Close()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = listener.Addr().String()
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
		for _, wrong := range s.wrong {
			t.Errorf("the mail server was told %s", wrong)
		}
	})
	return s
}

// Answer has the next command of a name ("RCPT", "AUTH", "." for a message) answered
// otherwise, such as "450 4.2.0 Try later".
func (s *Server) Answer(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[command] = append(s.answers[command], answer)
}

// LoseAnswer has the next message taken, and the connection cut before that is said.
func (s *Server) LoseAnswer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose++
}

// Messages are what the server has taken so far.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *Server) breaks(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// ordered is the answer that a test has ordered for a command; empty: none.
func (s *Server) ordered(command string) (answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers := s.answers[command]; len(answers) > 0 {
		answer, s.answers[command] = answers[0], answers[1:]
	}
	return answer
}
