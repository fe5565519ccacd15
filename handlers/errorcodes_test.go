package handlers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// elsewhere are codes that no answer of the merchant API has: those of the
// buyer's pages, of the counter, of callbacks, of operations and of commands about keys.
var elsewhere = []string{
	"cross_site", "form_invalid", "callback_refused", "not_ready", "method_unavailable", "hash_invalid", "hash_too_often", "references_refused",
	"merchant_unknown", "key_unknown", "key_ended", "overlap_invalid", "mode_invalid", "expires_invalid", "scopes_invalid", "addresses_invalid",
	"link_ended", "link_sold_out", "link_held", "nothing_payable", "amount_out_of_bounds", "amount_ambiguous", "amount_currency", "field_missing",
	"sale_made",
}

// commands are files whose errors are those of commands and of the dashboard's forms.
var commands = []string{"merchant_apply.go", "saved_views.go", "bank_matches.go", "reconciliations.go", "day_close.go", "json_shape.go", "link_change.go", "exchange.go", "rate_service.go", "rate_address.go", "shift.go"}

// codesIn finds the codes of errors in a Go file: Code: "…" and the second
// argument of Invalidf and of the readers' fail.
func codesIn(t *testing.T, path string) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}

	keep := func(node ast.Expr) {
		literal, ok := node.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return
		}
		if code, err := strconv.Unquote(literal.Value); err == nil {
			codes = append(codes, code)
		}
	}

	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.KeyValueExpr:
			if name, ok := node.Key.(*ast.Ident); ok && name.Name == "Code" {
				keep(node.Value)
			}

		case *ast.CallExpr:
			name := ""
			switch called := node.Fun.(type) {
			case *ast.Ident:
				name = called.Name
			case *ast.SelectorExpr:
				name = called.Sel.Name
			}

			if (name == "Invalidf" || name == "fail") && len(node.Args) > 2 {
				keep(node.Args[1])
			}
		}

		return true
	})
	return codes
}

func TestEveryErrorCodeIsDocumented(t *testing.T) {
	t.Parallel()
	documented := readDocument(t).errorCodes()
	found := 0
	for _, pattern := range []string{"*.go", "api/*.go", "pages/*.go", "internal/*/*.go", "../checkout/*.go", "../checkout/verifier/*.go", "../db/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}

		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") || slices.Contains(commands, filepath.Base(path)) {
				continue
			}

			for _, code := range codesIn(t, path) {
				found++
				if !slices.Contains(documented, code) && !slices.Contains(elsewhere, code) {
					t.Errorf("%s: the code %q is not in the list of openapi.json", path, code)
				}
			}
		}
	}

	if found < 40 {
		t.Errorf("found %d codes in the source", found)
	}
}
