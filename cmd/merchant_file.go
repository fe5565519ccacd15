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
