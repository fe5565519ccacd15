package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPromisesNameTestsThatExist holds docs/promises.md to the code.
func TestPromisesNameTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}

	named := regexp.MustCompile("`(\\S+) ((?:Test|Fuzz)\\w+)`")
	promises := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| promise |") || strings.HasPrefix(line, "| test |") {
			continue
		}

		promises++
		tests := named.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 {
			t.Errorf("no test attacks: %s", line)
		}

		for _, test := range tests {
			if !strings.Contains(testsOf(t, test[1]), "func "+test[2]+"(") {
				t.Errorf("there is no %s in %s", test[2], test[1])
			}
		}
	}

	if promises < 20 {
		t.Errorf("only %d promises were found", promises)
	}
}
