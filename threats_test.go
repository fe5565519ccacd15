package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatsNameTestsThatExist holds docs/threats.md to the code, both ways.
func TestThreatsNameTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("docs/threats.md")
	if err != nil {
		t.Fatal(err)
	}

	listed := map[string]bool{}
	row := regexp.MustCompile(`(?m)^\| (.+?) \| .+ \| (.+) \|$`)
	named := regexp.MustCompile("`(\\S+) (Test\\w+)`")
	for _, found := range row.FindAllStringSubmatch(string(text), -1) {
		if found[1] == "threat" || found[1] == "---" {
			continue
		}

		tests := named.FindAllStringSubmatch(found[2], -1)
		if len(tests) == 0 {
			t.Errorf("%s names no test", found[1])
		}

		for _, test := range tests {
			if !strings.Contains(testsOf(t, test[1]), "func "+test[2]+"(t *testing.T)") {
				t.Errorf("%s: there is no %s in %s", found[1], test[2], test[1])
			}
			listed[found[1]] = listed[found[1]] || test[2] == "TestAttacks"
		}
	}

	attacks := regexp.MustCompile(`(?m)^\t\{"([^"]+)", func\(h \*harness\)`).FindAllStringSubmatch(testsOf(t, "handlers"), -1)
	tried := map[string]bool{}
	for _, attack := range attacks {
		if tried[attack[1]] = true; !listed[attack[1]] {
			t.Errorf("%s is tried and not listed", attack[1])
		}
	}

	for threat, byAttack := range listed {
		if byAttack && !tried[threat] {
			t.Errorf("%s is listed as an attack and not tried", threat)
		}
	}

	if len(tried) < 30 {
		t.Errorf("only %d attacks were found", len(tried))
	}
}

// testsOf is the text of a folder's tests.
func testsOf(t *testing.T, folder string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(paths) == 0 {
		t.Errorf("%s has no tests: %v", folder, err)
	}

	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}

	return all.String()
}
