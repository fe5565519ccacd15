package cmd

import (
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestCompletionOffersWhatFollowsACommand(t *testing.T) {
	script := mustRun(t, "completion", "bash")
	for line, want := range map[string][]string{
		"rieltime ":                              {"serve", "merchant", "completion", "--log-level"},
		"rieltime merchant ":                     {"apply", "export", "--help"},
		"rieltime completion ":                   {"bash", "zsh", "fish"},
		"rieltime merchant apply --data x --key": {"--key", "--key-file"},
		"rieltime --log-level debug serve --gr":  {"--grace"},
		"rieltime serv":                          {"serve"},
		"rieltime nonsense --nothing":            nil,
	} {
		program := script + "\n" + `COMP_WORDS=(` + line + `); [[ "` + line + `" == *" " ]] && COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _rieltime; printf '%s\n' "${COMPREPLY[@]}"`
		out, err := exec.CommandContext(t.Context(), "bash", "-c", program).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}

		got := strings.Fields(string(out))
		for _, word := range want {
			if !slices.Contains(got, word) {
				t.Errorf("%q offers %v, want %s", line, got, word)
			}
		}
		if want == nil && len(got) > 0 {
			t.Errorf("%q offers %v", line, got)
		}
	}
}

// TestCompletionScriptsAreRead has each shell that is on this machine read its script.
func TestCompletionScriptsAreRead(t *testing.T) {
	for shell, check := range map[string][]string{
		"bash": {"-n"}, "zsh": {"-n"}, "fish": {},
	} {
		script := mustRun(t, "completion", shell)
		if !strings.Contains(script, "genkey") || !strings.Contains(script, "retain-audit") {
			t.Errorf("%s: commands or flags are missing", shell)
		}
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not on this machine", shell)
			continue
		}

		command := exec.CommandContext(t.Context(), shell, check...)
		command.Stdin = strings.NewReader(script)
		if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}

func TestManualHasEveryCommandAndFlag(t *testing.T) {
	manual := strings.ReplaceAll(mustRun(t, "man"), `\-`, "-")
	var c commands
	parser, err := newParser(&c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}

	for _, node := range visibleNodes(parser.Model.Node) {
		if len(node.Children) > 0 {
			continue
		}
		at := strings.Index(manual, ".SS "+node.Path())
		if at < 0 {
			t.Errorf("%s is missing", node.Path())
			continue
		}
		section, _, _ := strings.Cut(manual[at+4:], "\n.SS ")
		for _, flag := range node.Flags {
			if !flag.Hidden && !strings.Contains(section, "--"+flag.Name) {
				t.Errorf("%s: --%s is missing", node.Path(), flag.Name)
			}
		}
	}

	for line := range strings.Lines(manual) {
		if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !slices.Contains([]string{".TH", ".ad", ".nh", ".SH", ".SS", ".TP", ".B", ".I", ".RI"}, strings.Fields(line)[0]) {
			t.Errorf("%q is no macro of the page's", line)
		}
	}
}
