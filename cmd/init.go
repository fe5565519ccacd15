package cmd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"rieltime/checkout"
)

type initCommand struct {
	Start bool `help:"Start the server when everything is made." default:"true" negatable:""`

	input io.Reader // of the answers; nil: standard input
}

// setup is what the questions of init are about.
type setup struct {
	folder, baseURL, listen, name, shop, owner string

	once bytes.Buffer // the API key and the invitation, which are shown once: last, where they are seen
}

// question is one of init's. check returns why an answer will not do.
type question struct {
	text, standard string // standard is the answer when there is none; empty: one must be given
	answer         *string
	check          func(string) error
}

func (s *setup) questions() []question {
	return []question{
		{"Folder for the settings, the key and the database", "./rieltime", &s.folder, s.checkFolder},
		{"Public address of the checkout, such as https://pay.example.com", "", &s.baseURL, checkBaseURLAnswer},
		{"Address to listen on, where the proxy that terminates TLS finds it", "127.0.0.1:8080", &s.listen, checkListenAnswer},
		{"Name of the shop, as buyers see it", "", &s.name, func(string) error { return nil }},
		{"Host of the shop's site, to which buyers return, such as shop.example.com", "", &s.shop, checkHostAnswer},
		{"E-mail address of the owner, to sign in to the dashboard", "", &s.owner, checkEmailAnswer},
	}
}

// The files of a deployment, in its folder.
func (s *setup) environment() string { return filepath.Join(s.folder, "rieltime.env") }
func (s *setup) key() string         { return filepath.Join(s.folder, "rieltime.key") }
func (s *setup) merchant() string    { return filepath.Join(s.folder, "merchant.yaml") }
func (s *setup) data() string        { return filepath.Join(s.folder, "data") }

// Run asks, makes the deployment, checks it and starts it. It overwrites nothing.
func (c *initCommand) Run(ctx context.Context, stdout io.Writer) error {
	var s setup
	if err := s.ask(c.answers(), stdout); err != nil {
		return err
	}
	if err := s.writeFiles(); err != nil {
		return err
	}

	fmt.Fprintf(stdout, "\nMade %s, %s and %s.\n\n", s.environment(), s.key(), s.merchant())
	address := []string{"--data", s.data(), "--key-file", s.key(), "--base-url", s.baseURL}
	defer func() { _, _ = s.once.WriteTo(stdout) }() // whatever happens
	if err := s.makeMerchant(ctx, stdout, address); err != nil {
		return err
	}

	serve := append([]string{"serve", "--listen", s.listen}, address...)
	doctor := append([]string{"doctor"}, address...)
	if !c.Start {
		err := run(ctx, doctor, stdout, stdout)
		_, _ = s.once.WriteTo(stdout)
		fmt.Fprintf(stdout, "\nStart it: rieltime %s\n", strings.Join(serve, " "))
		return err
	}
	return s.serveAndCheck(ctx, stdout, serve, doctor)
}

// makeMerchant makes the database with the merchant and its owner.
func (s *setup) makeMerchant(ctx context.Context, stdout io.Writer, address []string) error {
	for _, step := range []struct {
		title string
		args  []string
	}{
		{"The shop's key of the API", append([]string{"merchant", "apply", s.merchant()}, address...)},
		{"The owner signs in to the dashboard", append([]string{"user", "invite", s.owner, "--merchant", merchantID(s.name), "--role", "owner"}, address...)},
	} {
		fmt.Fprintf(&s.once, "\n%s:\n", step.title)
		if err := run(ctx, step.args, &s.once, stdout); err != nil {
			return fmt.Errorf("rieltime %s %s: %w", step.args[0], step.args[1], err)
		}
	}
	return nil
}

func (c *initCommand) answers() io.Reader {
	if c.input != nil {
		return c.input
	}
	return os.Stdin
}

// ask asks all questions, each until its answer will do.
func (s *setup) ask(input io.Reader, stdout io.Writer) error {
	lines := bufio.NewScanner(input)
	for _, q := range s.questions() {
		for {
			fmt.Fprint(stdout, q.text)
			if q.standard != "" {
				fmt.Fprintf(stdout, " [%s]", q.standard)
			}
			fmt.Fprint(stdout, ": ")
			if !lines.Scan() {
				return errors.Join(errors.New("the answers ended before the questions; nothing was made"), lines.Err())
			}

			*q.answer = cmp.Or(strings.TrimSpace(lines.Text()), q.standard)
			err := q.check(*q.answer)
			if *q.answer == "" {
				err = errors.New("it is needed")
			}
			if err == nil {
				break
			}
			fmt.Fprintf(stdout, "  %v\n", err)
		}
	}
	return nil
}

func (s *setup) checkFolder(string) error {
	for _, path := range []string{s.environment(), s.key(), s.merchant(), s.data()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, and is not overwritten: choose another folder", path)
		}
	}
	return nil
}

func checkBaseURLAnswer(text string) error {
	_, err := cleanBaseURL(text)
	return err
}

func checkListenAnswer(text string) error {
	listener, err := net.Listen("tcp", text)
	if err != nil {
		return err
	}
	return listener.Close()
}

func checkHostAnswer(text string) error {
	if address, err := checkout.ParseWebURL("https://" + text); err != nil || address.Host != text || strings.Contains(text, "/") {
		return errors.New("give a host without https:// and without a path")
	}
	return nil
}

func checkEmailAnswer(text string) error {
	if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
		return errors.New("this is no e-mail address")
	}
	return nil
}

var notInIDs = regexp.MustCompile(`[^a-z0-9]+`)

// merchantID makes an id of a shop's name; of one without Latin letters, "shop".
func merchantID(name string) string {
	id := strings.Trim(notInIDs.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(id) < 3 || len(id) > 32 {
		return "shop"
	}
	return id
}

// writeFiles makes the files that only their owner may read. A file that is there fails it.
func (s *setup) writeFiles() error {
	folder, err := filepath.Abs(s.folder)
	if err != nil {
		return err
	}
	s.folder = folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}

	merchant, err := yaml.Marshal(yaml.MapSlice{{Key: "id", Value: merchantID(s.name)}, {Key: "name", Value: s.name}, {Key: "return_hosts", Value: []string{s.shop}}})
	if err != nil {
		return err
	}
	merchant = append(merchant, "test: {} # its providers; rieltime simulate prints accounts to try it with\n"...)

	environment := fmt.Sprintf("RIELTIME_BASE_URL=%s\nRIELTIME_LISTEN=%s\nRIELTIME_DATA=%s\nRIELTIME_KEY_FILE=%s\n", s.baseURL, s.listen, s.data(), s.key())
	for path, text := range map[string]string{
		s.key():         base64.StdEncoding.EncodeToString(newKey()) + "\n",
		s.environment(): environment,
		s.merchant():    string(merchant),
	} {
		if err := writeNew(path, text); err != nil {
			return err
		}
	}
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

// serveAndCheck starts the server, has the doctor look at it when it is healthy, and
// serves until ctx ends. What the doctor finds ends nothing: the proxy may come later.
func (s *setup) serveAndCheck(ctx context.Context, stdout io.Writer, serve, doctor []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, serve, stdout, stdout) }()

	for !healthy("http://" + localAddress(s.listen)) {
		select {
		case err := <-ended:
			return errors.Join(errors.New("the server ended before it was healthy"), err)
		case <-time.After(100 * time.Millisecond):
		}
	}

	fmt.Fprintln(stdout)
	if err := run(ctx, doctor, stdout, stdout); err != nil {
		fmt.Fprintf(stdout, "Then ask again: rieltime %s\n", strings.Join(doctor, " "))
	}
	_, _ = s.once.WriteTo(stdout)
	fmt.Fprintf(stdout, "\nThe checkout runs until it is interrupted. Start it again: rieltime %s\n", strings.Join(serve, " "))
	fmt.Fprintf(stdout, "Keep a copy of %s elsewhere: without it the secrets in the database cannot be read.\n", s.key())
	return <-ended
}

// localAddress is where this machine reaches a server that listens on an address.
func localAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if address := net.ParseIP(host); err == nil && (host == "" || address != nil && address.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func healthy(address string) bool {
	answer, err := (&http.Client{Timeout: time.Second}).Get(address + "/healthz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
