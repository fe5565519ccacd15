package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// registryFile is the only place outside their folders that names the providers.
const registryFile = "cmd/providers.go"

// TestNobodyKnowsAProviderByName looks for the names of providers in the code of
// what must work with any provider.
func TestNobodyKnowsAProviderByName(t *testing.T) {
	names := providerFolders(t)
	if len(names) < 2 {
		t.Fatalf("only %q were found", names)
	}

	for folder, least := range map[string]int{"checkout": 300, "cmd": 300, "db": 300, "handlers": 300, "webhooks": 20, "web": 300} {
		literals := 0
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == registryFile {
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
				if name := knownProvider(literal, names); name != "" {
					t.Errorf("%s knows the provider %s: %s", path, name, literal.Value)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		if literals < least {
			t.Errorf("%s: only %d texts were read", folder, literals)
		}
	}
}

// knownProvider returns the provider that a text names: by its name alone, as the
// first part of a method's id, or by the import of its package.
func knownProvider(literal *ast.BasicLit, names []string) string {
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}

	if path, imported := strings.CutPrefix(text, module+"/providers/"); imported {
		text, _, _ = strings.Cut(path, "/")
	}

	if base, _, _ := strings.Cut(text, ":"); slices.Contains(names, base) {
		return base
	}

	return ""
}

func TestNamesOfProvidersAreFound(t *testing.T) {
	names := []string{"bakong", "kess"}
	for text, want := range map[string]string{
		"kess": "kess", "kess:WING": "kess", module + "/providers/kess/kesssim": "kess", module + "/providers/bakong": "bakong",
		"kessler": "", module + "/providers/simkit": "", "such as kess": "",
	} {
		if got := knownProvider(&ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(text)}, names); got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}

// TestABuildWithoutAProvider builds the program without each of the providers: its
// folder and its line of the registry are left out, and nothing else. main.go is
// not built, since that would link: it only calls the package cmd.
func TestABuildWithoutAProvider(t *testing.T) {
	names := providerFolders(t)
	if len(names) < 2 {
		t.Fatalf("only %q were found", names)
	}

	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overlay := overlayWithout(t, name)
			out, err := exec.Command("go", "build", "-overlay", overlay, "./cmd").CombinedOutput()
			if err != nil {
				t.Errorf("it cannot be built: %v\n%s", err, out)
			}
		})
	}
}

// overlayWithout writes a file for go build's -overlay that removes a provider.
func overlayWithout(t *testing.T, name string) (path string) {
	t.Helper()
	replace := map[string]string{}
	err := filepath.WalkDir(filepath.Join("providers", name), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			replace[path] = "" // go build takes it for deleted
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	registry := filepath.Join(t.TempDir(), "providers.go")
	replace[registryFile] = registry
	text := registryWithout(t, name)
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}

	path = filepath.Join(t.TempDir(), "overlay.json")
	if err := errors.Join(os.WriteFile(registry, []byte(text), 0o600), os.WriteFile(path, overlay, 0o600)); err != nil {
		t.Fatal(err)
	}

	return path
}

// registryWithout returns the registry without a provider's imports and its line,
// which must be one.
func registryWithout(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(registryFile)
	if err != nil {
		t.Fatal(err)
	}

	imported := regexp.MustCompile(`^\s*"` + module + `/providers/` + name + `["/]`)
	used := regexp.MustCompile(`\b` + name + `(sim|cmd)?\.`)
	var left []string
	lines := 0
	for line := range strings.Lines(string(text)) {
		switch {
		case imported.MatchString(line):
		case used.MatchString(line):
			lines++
		default:
			left = append(left, line)
		}
	}

	if lines != 1 {
		t.Errorf("%s has %d lines in %s, want 1", name, lines, registryFile)
	}

	return strings.Join(left, "")
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
