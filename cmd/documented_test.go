package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var (
	// namedCommand matches a command with its arguments, up to the end of the line,
	// the code or the sentence.
	namedCommand = regexp.MustCompile("(?:^|[\\s\"`(|]|\\./|/bin/)rieltime ([a-z-][^`\"#;&)\n]*)")
	namedFlag    = regexp.MustCompile("`(--[a-z][a-z-]+)")
	word         = regexp.MustCompile(`^[a-z][a-z|-]*$`)
)

// TestDocumentedCommandsExist checks that the command line has every command and flag
// that the documents, the files of deploy/ and the advice of the doctor name.
func TestDocumentedCommandsExist(t *testing.T) {
	var c commands
	parser, err := newParser(&c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}

	files := deployFiles(t)
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../docs/*.yaml", "../examples/*.md", "../examples/*/*.md", "doctor*.go"} {
		matching, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matching...)
	}

	commands, flags := 0, 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}

		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}

		for _, named := range namedCommand.FindAllStringSubmatch(string(text), -1) {
			commands++
			if err := findCommand(parser.Model.Node, named[1]); err != nil {
				t.Errorf("%s names %q: %v", file, named[0], err)
			}
		}

		if !strings.HasSuffix(file, ".md") {
			continue
		}

		for _, named := range namedFlag.FindAllStringSubmatch(string(text), -1) {
			flags++
			if !someCommandHas(parser.Model.Node, strings.TrimPrefix(named[1], "--")) {
				t.Errorf("%s names the flag %s, which no command has", file, named[1])
			}
		}
	}

	if commands < 30 || flags < 8 {
		t.Errorf("only %d commands and %d flags were found", commands, flags)
	}
}

// findCommand parses words such as "key create --live" and returns an error unless
// they name a command and its flags.
func findCommand(node *kong.Node, text string) error {
	words := strings.Fields(text)
	if end := slices.Index(words, "|"); end >= 0 {
		words = words[:end]
	}

	for i := range words {
		words[i] = strings.TrimRight(words[i], ".,:")
	}

	for len(node.Children) > 0 && len(words) > 0 && word.MatchString(words[0]) {
		var next *kong.Node
		for name := range strings.SplitSeq(words[0], "|") { // either of them
			at := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == name })
			if at < 0 {
				return fmt.Errorf("there is no command %q there", name)
			}
			next = node.Children[at]
		}

		node, words = next, words[1:]
	}

	known := []string{"help"}
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			known = append(known, flag.Name)
		}
	}

	for _, each := range words {
		if name, is := strings.CutPrefix(each, "--"); is {
			if name, _, _ = strings.Cut(name, "="); !slices.Contains(known, name) {
				return fmt.Errorf("it has no flag --%s", name)
			}
		}
	}

	if len(node.Children) > 0 && !slices.Contains(words, "--help") {
		return fmt.Errorf("a subcommand is missing")
	}

	return nil
}

func someCommandHas(node *kong.Node, name string) bool {
	if slices.ContainsFunc(node.Flags, func(flag *kong.Flag) bool { return flag.Name == name }) {
		return true
	}
	return slices.ContainsFunc(node.Children, func(child *kong.Node) bool { return someCommandHas(child, name) })
}

func TestUnknownCommandsAreDetected(t *testing.T) {
	var c commands
	parser, err := newParser(&c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}

	for text, exists := range map[string]bool{
		"reconcile --wait=5m 2026-11-20": true, "serve --listen :80": true, "merchant apply x.yaml --data=/x": true, "khqr --help": true, "bakong token request|verify gives one": true,
		"reconcil": false, "merchant": false, "merchant aply x": false, "serve --lisen :80": false, "bakong token request|verfy": false,
	} {
		if err := findCommand(parser.Model.Node, text); (err == nil) != exists {
			t.Errorf("%s: %v", text, err)
		}
	}
}
