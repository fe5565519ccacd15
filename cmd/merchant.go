package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"rieltime/checkout"
)

type merchantCommand struct {
	Apply merchantApplyCommand `cmd:"" help:"Make a merchant or change it to what its file says; safe to repeat."`
}

type merchantApplyCommand struct {
	dataFlags
	BaseURL string `help:"Our own address as buyers and providers see it." required:"" env:"RIELTIME_BASE_URL" placeholder:"https://pay.example.com"`
	File    string `arg:"" help:"The merchant's file, YAML or JSON, as docs/merchant.yaml; - for standard input."`
}

func (c *merchantApplyCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	text, err := readFile(c.File)
	if err != nil {
		return err
	}
	if _, err := readMerchant(text); err != nil {
		return inFile(text, err) // before a database is made for it
	}

	app, err := c.open(ctx, c.BaseURL, log)
	if err != nil {
		return err
	}

	applied, err := app.apply(ctx, text)
	if err := errors.Join(err, app.store.Close()); err != nil {
		return err
	}

	return printApplied(stdout, applied)
}

func readFile(name string) (text []byte, err error) {
	if name == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err // some editors begin a file with a byte order mark
}

// readMerchant takes YAML, of which JSON is a part. A parser would replace broken
// UTF-8, so that a name or password would be stored that nobody gave, and take the
// first of several documents alone.
func readMerchant(text []byte) (checkout.MerchantSpec, error) {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(line) {
			return checkout.MerchantSpec{}, fmt.Errorf("line %d of the merchant's file is not valid UTF-8: save the file as UTF-8", i+1)
		}
	}

	if n := documents(text); n > 1 {
		return checkout.MerchantSpec{}, fmt.Errorf("the merchant's file holds %d documents: a file is for one merchant, so put each in a file of its own", n)
	}

	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return checkout.MerchantSpec{}, fmt.Errorf("the merchant's file is neither YAML nor JSON: %w", err)
	}

	return checkout.ParseMerchantSpec(asJSON)
}

// documents counts the YAML documents of a text that hold something; a text that
// is no YAML has none.
func documents(text []byte) (n int) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 0
	}
	for _, document := range file.Docs {
		if document.Body != nil && document.Body.Type() != ast.NullType && document.Body.Type() != ast.CommentType {
			n++
		}
	}
	return n
}

func (h *app) apply(ctx context.Context, text []byte) (checkout.Applied, error) {
	spec, err := readMerchant(text)
	if err != nil {
		return checkout.Applied{}, inFile(text, err)
	}
	applied, err := h.service.ApplyMerchant(ctx, h.store, spec)
	return applied, inFile(text, err)
}

// inFile says where in a merchant's file each of the errors is.
func inFile(text []byte, err error) error {
	all := checkout.AllErrors(err)
	if len(all) == 0 || all[0].Kind != checkout.KindInvalid {
		return err
	}

	var out strings.Builder
	out.WriteString("the merchant's file is not right:")
	for _, wrong := range all {
		out.WriteString("\n  ")
		if line := lineOf(text, wrong.Param); line > 0 {
			fmt.Fprintf(&out, "line %d: ", line)
		}

		if cause := wrong.Cause(); wrong.Param == "" || strings.HasPrefix(cause, wrong.Param+" ") {
			out.WriteString(cause)
		} else {
			out.WriteString(wrong.Param + ": " + cause)
		}
	}

	return errors.New(out.String())
}

// lineOf finds the line of a setting by its path, such as
// "test.providers.bakong.account" or "return_hosts[0]"; 0 where it has none.
func lineOf(text []byte, setting string) int {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || setting == "" {
		return 0
	}

	path, err := yaml.PathString("$." + setting)
	if err != nil {
		return 0
	}

	node, err := path.FilterFile(file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}

	return node.GetToken().Position.Line
}

func printApplied(w io.Writer, applied checkout.Applied) error {
	for _, mode := range applied.Modes {
		fmt.Fprintf(w, "%s\n", mode.Mode)
		for _, address := range mode.Register {
			fmt.Fprintf(w, "  register with %-8s as %s address: %s\n", address.Provider, address.Kind, address.URL)
		}

		if mode.APIKey != "" {
			fmt.Fprintf(w, "  API key         %s  (shown this once)\n", mode.APIKey.Reveal())
		}

		if mode.WebhookSecret != "" {
			fmt.Fprintf(w, "  webhook secret  %s  (shown this once)\n", mode.WebhookSecret.Reveal())
		}
	}

	for _, warning := range applied.Warnings {
		fmt.Fprintln(w, "warning:", warning)
	}

	_, err := fmt.Fprintln(w, "applied")
	return err
}
