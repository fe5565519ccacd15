package khqrcmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/skip2/go-qrcode"

	"rieltime/khqr"
)

// QR is "khqr qr".
type QR struct {
	Source
	Format string `enum:"auto,png,svg,terminal" default:"auto" help:"png, svg or terminal; auto follows the extension of the output."`
	Output string `short:"o" type:"path" help:"File to write, whose name ends in .png, .svg or .txt; standard output if not given."`
	Scale  *int   `help:"Pixels per module, in PNG and SVG, from 1 to 100 (8 if not given)."`
}

// Help describes the exit status.
func (*QR) Help() string {
	return "Exit status: 0 when the code is drawn; 1 when it is not valid now, which draws nothing, or when the output cannot be written."
}

// formatsByExtension maps extensions of file names to formats.
var formatsByExtension = map[string]string{".png": "png", ".svg": "svg", ".txt": "terminal"}

// quietZone is the margin around a QR symbol in modules (ISO/IEC 18004).
const quietZone = 4

// Run draws a valid code. It refuses any other with ErrInvalid and the reasons.
func (q *QR) Run(cmd *Cmd, stdout io.Writer, given *kong.Context) error {
	format, err := q.format()
	if err := errors.Join(checkFlags(given), err); err != nil {
		return err
	}

	scale, err := q.scale(format)
	if err != nil {
		return err
	}

	text, err := q.read(cmd, given)
	if err != nil {
		return err
	}

	if problems := khqr.Verify(text, cmd.now()); len(problems) > 0 {
		reasons := []error{ErrInvalid}
		for _, p := range problems {
			reasons = append(reasons, p)
		}
		return errors.Join(reasons...)
	}

	drawing, err := draw(text, format, scale)
	if err != nil {
		return fmt.Errorf("draw the code: %w", err)
	}

	if q.Output == "" || q.Output == "-" {
		_, err = stdout.Write(drawing)
		return err
	}

	return os.WriteFile(q.Output, drawing, 0o644)
}

// format returns the format to draw, which must match the extension of the output file.
func (q *QR) format() (string, error) {
	extension := strings.ToLower(filepath.Ext(q.Output))
	byName, ok := formatsByExtension[extension]
	chosen := q.Format != "auto" && q.Format != ""
	switch {
	case q.Output == "" || q.Output == "-" || (extension == "" && chosen):
		if chosen {
			return q.Format, nil
		}
		return "terminal", nil

	case !ok:
		return "", fmt.Errorf("the name %q has no known extension: use .png, .svg or .txt", filepath.Base(q.Output))
	case chosen && q.Format != byName:
		return "", fmt.Errorf("--format %s does not fit a name that ends in %q", q.Format, extension)
	}

	return byName, nil
}

func (q *QR) scale(format string) (int, error) {
	switch {
	case q.Scale == nil:
		return 8, nil
	case format == "terminal":
		return 0, errors.New("--scale has no effect in the terminal: it is for PNG and SVG")
	case *q.Scale < 1 || *q.Scale > 100:
		return 0, errors.New("--scale must be from 1 to 100")
	}
	return *q.Scale, nil
}

func draw(text, format string, scale int) ([]byte, error) {
	symbol, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, err
	}
	if format == "png" {
		return symbol.PNG(-scale) // negative: pixels per module
	}

	symbol.DisableBorder = true
	if format == "svg" {
		return drawSVG(symbol.Bitmap(), scale), nil
	}

	return drawBlocks(symbol.Bitmap()), nil
}

// drawSVG draws each run of black modules as one line of a path.
func drawSVG(modules [][]bool, scale int) []byte {
	side := len(modules) + 2*quietZone
	var path strings.Builder
	for y, line := range modules {
		for x := 0; x < len(line); x++ {
			start := x
			for x < len(line) && line[x] {
				x++
			}

			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+quietZone, y+quietZone, x-start, x-start)
			}
		}
	}

	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[1]d" viewBox="0 0 %[2]d %[2]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[2]dv%[2]dH0z"/><path d="%[3]s"/></svg>`+"\n", side*scale, side, path.String())
}

// drawBlocks draws two modules in each character, black on white whatever the colours of
// the terminal.
func drawBlocks(modules [][]bool) []byte {
	black := func(x, y int) bool {
		x, y = x-quietZone, y-quietZone
		return y >= 0 && y < len(modules) && x >= 0 && x < len(modules[y]) && modules[y][x]
	}

	side := len(modules) + 2*quietZone
	var out strings.Builder
	for y := 0; y < side; y += 2 {
		out.WriteString("\x1b[30;107m")
		for x := range side {
			switch top, bottom := black(x, y), black(x, y+1); {
			case top && bottom:
				out.WriteRune('█')
			case top:
				out.WriteRune('▀')
			case bottom:
				out.WriteRune('▄')
			default:
				out.WriteByte(' ')
			}
		}

		out.WriteString("\x1b[0m\n")
	}

	return []byte(out.String())
}
