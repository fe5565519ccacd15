package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryFaultOfPluginsHasItsTest reads the table of faults in docs/testing.md: the tests
// that it names are in the files that it names.
func TestEveryFaultOfPluginsHasItsTest(t *testing.T) {
	text, err := os.ReadFile("docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "## What the plugins are tested with")
	links := regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`).FindAllStringSubmatch(table, -1)
	if !found || len(links) < 20 {
		t.Fatalf("the table names %d tests", len(links))
	}
	for _, link := range links {
		if file, err := os.ReadFile(filepath.Join("docs", link[2])); err != nil || !strings.Contains(string(file), link[1]) {
			t.Errorf("%q is not in %s: %v", link[1], link[2], err)
		}
	}
}
