package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretName is what values are called that must not be compared byte by byte.
var secretName = regexp.MustCompile(`(?i)(secret|passw|apikey|signature|reshash|reqhash|\bmac\b|hmac|digest|token|keytext|^sum$|^sign$)`)

// harmless are the files whose comparisons tell nobody a secret, each with its
// reason.
var harmless = map[string]string{
	"providers/bakong/token.go": "both tokens are ours; nobody outside chooses either",
}

// TestSecretsAreComparedInConstantTime finds == and != on what its name calls a
// secret. Secrets are compared by checkout.Secret.Equal, hmac.Equal or
// subtle.ConstantTimeCompare, or looked up by their hash.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	files, excused := 0, 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}

		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || strings.HasSuffix(name, "sim") || (strings.HasPrefix(name, ".") && path != ".")) { // simulators guard nothing
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}

		files++
		found := comparisons(t, path)
		if harmless[filepath.ToSlash(path)] != "" {
			excused += len(found)
			return nil
		}

		for _, place := range found {
			t.Errorf("%s: a secret is compared with ==", place)
		}

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if files < 100 || excused != len(harmless) {
		t.Errorf("%d files were read, %d comparisons excused", files, excused)
	}
}

func comparisons(t *testing.T, path string) (found []string) {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}

	ast.Inspect(file, func(node ast.Node) bool {
		comparison, ok := node.(*ast.BinaryExpr)
		if !ok || (comparison.Op != token.EQL && comparison.Op != token.NEQ) || isConstant(comparison.X) || isConstant(comparison.Y) {
			return true
		}
		if secretName.MatchString(nameOf(comparison.X)) || secretName.MatchString(nameOf(comparison.Y)) {
			found = append(found, positions.Position(comparison.Pos()).String())
		}
		return true
	})
	return found
}

// isConstant tells of nil, numbers, and texts: to compare with these tells
// whether something is there.
func isConstant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "true" || e.Name == "false"
	}
	return false
}

// nameOf is the last name of an operand: of w.Secret.Reveal() it is both.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return nameOf(e.Fun)
	case *ast.IndexExpr:
		return nameOf(e.X)
	}

	return ""
}
