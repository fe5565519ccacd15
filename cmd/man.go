package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct{}

// Run prints the manual page rieltime(1), in the macros of man(7): not justified and not
// hyphenated, as long addresses and names of variables would leave gaps in its lines.
func (manCommand) Run(parsed *kong.Context, stdout io.Writer) error {
	root := parsed.Model.Node
	fmt.Fprintf(stdout, ".TH RIELTIME 1\n.ad l\n.nh\n.SH NAME\nrieltime \\- %s\n", roff(lowerFirst(strings.TrimSuffix(root.Help, "."))))
	fmt.Fprint(stdout, ".SH SYNOPSIS\n.B rieltime\n.I command\n.RI [ flags ]\n")

	fmt.Fprint(stdout, ".SH FLAGS OF ALL COMMANDS\n")
	for _, flag := range root.Flags {
		writeFlag(stdout, flag)
	}

	fmt.Fprint(stdout, ".SH COMMANDS\n")
	for _, node := range visibleNodes(root) {
		if len(node.Children) > 0 {
			continue
		}
		fmt.Fprintf(stdout, ".SS %s\n%s\n", roff(node.Path()+arguments(node)), roff(node.Help))
		for _, argument := range node.Positional {
			fmt.Fprintf(stdout, ".TP\n.I %s\n%s\n", roff(argument.Name), roff(argument.Help))
		}
		for _, flag := range node.Flags {
			if !flag.Hidden {
				writeFlag(stdout, flag)
			}
		}
	}
	return nil
}

func arguments(node *kong.Node) (text string) {
	for _, argument := range node.Positional {
		text += " " + argument.Summary()
	}
	return text
}

func writeFlag(w io.Writer, flag *kong.Flag) {
	help := flag.Help
	if len(flag.Envs) > 0 {
		help += " Environment: " + strings.Join(flag.Envs, ", ") + "."
	}
	fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(flag.String()), roff(help))
}

// roff is a line of text that troff prints as it is.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
