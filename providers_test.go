package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNobodyKnowsAProviderByName looks for the names of providers in the code of
// what must work with any provider. The gallery's examples may name them.
func TestNobodyKnowsAProviderByName(t *testing.T) {
	names := providerFolders(t)
	if len(names) < 2 {
		t.Fatalf("only %q were found", names)
	}

	literals := 0
	for _, folder := range []string{"checkout", "db", "handlers", "webhooks", "web"} {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "examples.go" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				literals++
				text, _ := strconv.Unquote(literal.Value)
				if base, _, _ := strings.Cut(text, ":"); slices.Contains(names, base) {
					t.Errorf("%s knows the provider %s", path, base)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if literals < 1000 {
		t.Errorf("only %d texts were read", literals)
	}
}

// providerFolders returns the names of the folders with an adapter.
func providerFolders(t *testing.T) (names []string) {
	t.Helper()
	folders, err := os.ReadDir("providers")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join("providers", folder.Name(), folder.Name()+"sim")); err == nil {
			names = append(names, folder.Name())
		}
	}
	return names
}
