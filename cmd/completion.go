package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell: bash, zsh or fish."`
}

// Run prints a script that completes commands and flags from their own descriptions.
func (c *completionCommand) Run(parsed *kong.Context, stdout io.Writer) error {
	nodes := visibleNodes(parsed.Model.Node)
	write := map[string]func(io.Writer, []*kong.Node){"bash": writeBash, "zsh": writeZsh, "fish": writeFish}[c.Shell]
	write(stdout, nodes)
	return nil
}

// visibleNodes returns a command and all below it that help shows, each before those below it.
func visibleNodes(node *kong.Node) (nodes []*kong.Node) {
	nodes = append(nodes, node)
	for _, child := range node.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			nodes = append(nodes, visibleNodes(child)...)
		}
	}
	return nodes
}

// completionWord is what may follow a command, with its description.
type completionWord struct{ text, help string }

// wordsAfter returns the subcommands, the values and the flags of a command.
func wordsAfter(node *kong.Node) (words []completionWord) {
	for _, child := range node.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			words = append(words, completionWord{child.Name, child.Help})
		}
	}
	for _, argument := range node.Positional {
		if argument.Enum == "" {
			continue
		}
		for _, value := range argument.EnumSlice() {
			words = append(words, completionWord{value, ""})
		}
	}
	for _, flags := range node.AllFlags(true) {
		for _, flag := range flags {
			words = append(words, completionWord{"--" + flag.Name, flag.Help})
		}
	}
	return words
}

// pathOf is a command as it is typed behind the program's name, each word after a blank.
func pathOf(node *kong.Node) string {
	if node.Parent == nil {
		return ""
	}
	return pathOf(node.Parent) + " " + node.Name
}

// paths are those of all commands as alternatives of a shell's case.
func paths(nodes []*kong.Node) string {
	var quoted []string
	for _, node := range nodes[1:] {
		quoted = append(quoted, `"`+pathOf(node)+`"`)
	}
	return strings.Join(quoted, "|")
}

func writeBash(w io.Writer, nodes []*kong.Node) {
	fmt.Fprintf(w, `# bash completion of rieltime: source <(rieltime completion bash)
_rieltime() {
	local at="" word words="" current=${COMP_WORDS[COMP_CWORD]}
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case "$at $word" in %s) at="$at $word" ;; esac
	done
	case $at in
`, paths(nodes))
	for _, node := range nodes {
		var texts []string
		for _, word := range wordsAfter(node) {
			texts = append(texts, word.text)
		}
		fmt.Fprintf(w, "\t\"%s\") words=%q ;;\n", pathOf(node), strings.Join(texts, " "))
	}
	fmt.Fprint(w, `	esac
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _rieltime rieltime
`)
}

func writeZsh(w io.Writer, nodes []*kong.Node) {
	fmt.Fprintf(w, `#compdef rieltime
# zsh completion of rieltime: source <(rieltime completion zsh)
_rieltime() {
	local at="" word
	local -a options
	for word in ${words[2,CURRENT-1]}; do
		case "$at $word" in (%s) at="$at $word" ;; esac
	done
	case $at in
`, paths(nodes))
	for _, node := range nodes {
		fmt.Fprintf(w, "\t(\"%s\") options=(", pathOf(node))
		for _, word := range wordsAfter(node) {
			fmt.Fprintf(w, " %s", quoted(strings.ReplaceAll(word.text, ":", `\:`)+":"+word.help))
		}
		fmt.Fprintln(w, " ) ;;")
	}
	fmt.Fprint(w, `	esac
	_describe rieltime options || _files
}
# Autoloaded, this file is itself the body of the function's first call.
if [[ $funcstack[1] == _rieltime ]]; then
	_rieltime "$@"
else
	compdef _rieltime rieltime
fi
`)
}

func writeFish(w io.Writer, nodes []*kong.Node) {
	fmt.Fprintf(w, `# fish completion of rieltime: rieltime completion fish | source
function __rieltime_at
	set -l at ""
	for word in (commandline -opc)[2..-1]
		switch "$at $word"
			case %s
				set at "$at $word"
		end
	end
	test "$at" = "$argv[1]"
end
`, strings.ReplaceAll(paths(nodes), "|", " "))
	for _, node := range nodes {
		for _, word := range wordsAfter(node) {
			offer := "-f -a " + word.text
			if name, is := strings.CutPrefix(word.text, "--"); is {
				offer = "-l " + name
			}
			fmt.Fprintf(w, "complete -c rieltime -n '__rieltime_at \"%s\"' %s -d %s\n", pathOf(node), offer, fishQuoted(word.help))
		}
	}
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fishQuoted is text as one word of fish.
func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
