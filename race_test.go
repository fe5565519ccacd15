package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runsAlone are packages that need no race detector, with the reason.
var runsAlone = map[string]string{"checkout": "only its count of panics has a lock"}

// TestConcurrentPackagesRunWithTheRaceDetector compares the lists in the Makefile with
// the packages of the product that start goroutines or lock.
func TestConcurrentPackagesRunWithTheRaceDetector(t *testing.T) {
	patterns := strings.Fields(makefileList(t, "RACE_PACKAGES") + " " + makefileList(t, "RACE_LARGE"))

	listed := func(folder string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			pattern = strings.TrimPrefix(pattern, "./")
			parent, all := strings.CutSuffix(pattern, "/...")
			return folder == pattern || all && (folder == parent || strings.HasPrefix(folder, parent+"/"))
		})
	}

	concurrent := 0
	for _, top := range []string{"checkout", "cmd", "db", "handlers", "internal/bots", "internal/picture", "internal/telegram", "khqr", "providers", "web", "webhooks"} {
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			folder := filepath.ToSlash(filepath.Dir(path))
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(folder, "test") || runsAlone[folder] != "" {
				return err
			}

			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}

			if isConcurrent(file) {
				concurrent++
				if !listed(folder) {
					t.Errorf("%s starts goroutines or locks, and neither RACE_PACKAGES nor RACE_LARGE has its package", path)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	if concurrent < 20 {
		t.Errorf("only %d files start goroutines or lock", concurrent)
	}
}

// isConcurrent reports whether a file has a go statement, or a lock or atomic value
// from the standard library.
func isConcurrent(file *ast.File) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			found = found || ok && (pkg.Name == "atomic" || pkg.Name == "sync" && slices.Contains([]string{"Mutex", "RWMutex", "WaitGroup", "Map", "Cond"}, n.Sel.Name))
		}
		return true
	})
	return found
}
