package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var engineName = regexp.MustCompile(`(?i)sqlite|postgres|pgx|pg_`)

// enginesNamedIn are the files outside db that may name an engine: what an operator
// reads about the database.
var enginesNamedIn = []string{"cmd/data.go", "cmd/db_copy.go", "cmd/doctor_database.go"}

// TestOnlyTheStoreKnowsItsEngines looks for the names of database engines in names
// and texts of the code outside db. Imports are in TestArrowsPointDown.
func TestOnlyTheStoreKnowsItsEngines(t *testing.T) {
	read := 0
	for _, folder := range []string{"checkout", "cmd", "handlers", "webhooks", "providers", "khqr", "web", "clients", "examples"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(enginesNamedIn, filepath.ToSlash(path)) {
				return err
			}

			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}

			read++
			ast.Inspect(file, func(n ast.Node) bool {
				if name := engineNamedBy(n); name != "" {
					t.Errorf("%s names a database engine: %s", path, name)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	if read < 200 {
		t.Errorf("only %d files were read", read)
	}
}

// TestPackagesWithStoresRunOnBothEngines compares STORE_PACKAGES in the Makefile with the
// packages whose tests get a database from dbtest or checkouttest.
func TestPackagesWithStoresRunOnBothEngines(t *testing.T) {
	listed := append(strings.Fields(makefileList(t, "STORE_PACKAGES")), "./cmd") // whose few tests of them are named in the Makefile

	found := map[string]bool{}
	for _, top := range []string{"checkout", "cmd", "db", "handlers", "webhooks", "providers", "internal", "web", "clients", "examples"} {
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, imported := range file.Imports {
				if imported.Path.Value == `"`+module+`/db/dbtest"` || imported.Path.Value == `"`+module+`/checkout/checkouttest"` {
					found["./"+filepath.ToSlash(filepath.Dir(path))] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for folder := range found {
		if !slices.Contains(listed, folder) {
			t.Errorf("the tests of %s open a store, and STORE_PACKAGES lacks it", folder)
		}
	}
	for _, folder := range listed {
		if !found[folder] {
			t.Errorf("STORE_PACKAGES has %s, whose tests open no store", folder)
		}
	}
}

// TestTestsThatPostgreSQLIsSparedExist reads WITHOUT_STORE in the Makefile, and looks for
// a harness with a database in these tests.
func TestTestsThatPostgreSQLIsSparedExist(t *testing.T) {
	var texts []string
	for _, pattern := range []string{"checkout/*_test.go", "checkout/verifier/*_test.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}

	harness := regexp.MustCompile(`newHarness\(|checkouttest\.New\(|dbtest\.`)
	for name := range strings.SplitSeq(makefileList(t, "WITHOUT_STORE"), "|") {
		body := regexp.MustCompile(`(?ms)^func ` + name + `\(.*?^}`).FindString(strings.Join(texts, "\n"))
		if body == "" || harness.MatchString(body) {
			t.Errorf("%s does not exist, or has a database", name)
		}
	}
}

// makefileList is a list that the Makefile names.
func makefileList(t *testing.T, name string) string {
	t.Helper()
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^` + name + ` := (.*)$`).FindSubmatch(makefile)
	if list == nil {
		t.Fatalf("the Makefile lacks %s", name)
	}
	return string(list[1])
}

// engineNamedBy returns the name or the text of a node that names an engine.
func engineNamedBy(n ast.Node) string {
	text := ""
	switch n := n.(type) {
	case *ast.Ident:
		text = n.Name
	case *ast.BasicLit:
		text = n.Value
	}

	if engineName.MatchString(text) {
		return text
	}
	return ""
}

func TestEngineNamesAreFound(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "example.go", `package p
		var openPostgres = "sqlite://file" // a comment may name pgx
		var lock = "SELECT pg_advisory_lock(1)"
		var page = "status"`, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}

	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if name := engineNamedBy(n); name != "" {
			found = append(found, name)
		}
		return true
	})
	want := []string{"openPostgres", `"sqlite://file"`, `"SELECT pg_advisory_lock(1)"`}
	if !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
}
