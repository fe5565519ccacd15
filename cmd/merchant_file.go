package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"rieltime/checkout"
)

func readMerchantFile(name string) (text []byte, err error) {
	if name == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err // some editors write a byte order mark
}

// readMerchant parses YAML, which includes JSON. It refuses what the parser would
// silently change: invalid UTF-8 would be replaced, in names and passwords too, and
// all but the first of several documents would be ignored.
func readMerchant(text []byte) (checkout.MerchantSpec, error) {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(line) {
			return checkout.MerchantSpec{}, fmt.Errorf("line %d of the merchant file is not valid UTF-8: save the file as UTF-8", i+1)
		}
	}

	if n := countDocuments(text); n > 1 {
		return checkout.MerchantSpec{}, fmt.Errorf("the merchant file has %d documents: use one file per merchant", n)
	}

	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return checkout.MerchantSpec{}, fmt.Errorf("the merchant file is neither YAML nor JSON: %w", err)
	}

	return checkout.ParseMerchantSpec(asJSON)
}

// countDocuments counts the YAML documents that are not empty, 0 when the text is
// not YAML.
func countDocuments(text []byte) (n int) {
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

// locateErrors adds the line of the merchant file to each error.
func locateErrors(text []byte, err error) error {
	all := checkout.AllErrors(err)
	if len(all) == 0 || all[0].Kind != checkout.KindInvalid {
		return err
	}

	var out strings.Builder
	out.WriteString("invalid merchant file:")
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

// lineOf returns the line of a setting, given its path such as
// "test.providers.bakong.account" or "return_hosts[0]", or 0.
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
