package khqrcmd

import (
	"encoding/xml"
	"errors"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"rieltime/khqr"
)

func scan(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestQRDrawsAPNGThatScans(t *testing.T) {
	code, _, _ := strings.Cut(encodeDynamic(t), "\n")
	out, err := runCommand(t, "", "qr", "--format", "png", code)
	if err != nil {
		t.Fatal(err)
	}

	picture, format, err := image.Decode(strings.NewReader(out))
	if err != nil || format != "png" {
		t.Fatal(format, err)
	}

	if got := scan(t, picture); got != code {
		t.Errorf("scanned %q, want %q", got, code)
	}
}

func TestQRWritesAFileInTheFormatOfItsName(t *testing.T) {
	dir := t.TempDir()
	for name, start := range map[string]string{"code.png": "\x89PNG", "code.svg": "<svg ", "code.txt": "\x1b[30;107m"} {
		path := filepath.Join(dir, name)
		if out, err := runCommand(t, static, "qr", "-o", path); err != nil || out != "" {
			t.Errorf("%s: %v, %q", name, err, out)
		}

		data, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(data), start) {
			t.Errorf("%s: %v, starts with %.12q", name, err, data)
		}
	}
}

// modulesOf draws rows of black modules as a picture to scan.
func modulesOf(side int, black func(x, y int) bool) image.Image {
	const scale = 4
	picture := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range picture.Pix {
		if x, y := i%picture.Stride/scale, i/picture.Stride/scale; !black(x, y) {
			picture.Pix[i] = 0xFF
		}
	}
	return picture
}

func TestQRDrawsTerminalBlocksThatScan(t *testing.T) {
	out, err := runCommand(t, static, "qr")
	if err != nil {
		t.Fatal(err)
	}

	var rows [][]rune
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m\n")
		rows = append(rows, []rune(line))
	}

	picture := modulesOf(len(rows[0]), func(x, y int) bool {
		block := rows[y/2][x]
		return block == '█' || y%2 == 0 && block == '▀' || y%2 == 1 && block == '▄'
	})
	if got := scan(t, picture); got != static {
		t.Errorf("scanned %q", got)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQRDrawsTheSameModulesAsSVG(t *testing.T) {
	out, err := runCommand(t, static, "qr", "--format", "svg", "--scale", "3")
	if err != nil {
		t.Fatal(err)
	}

	var root struct {
		Width   int    `xml:"width,attr"`
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(out), &root); err != nil || len(root.Paths) != 2 {
		t.Fatal(err, out)
	}

	black := map[[2]int]bool{}
	for run := range strings.SplitSeq(root.Paths[1].D, "M") {
		numbers := strings.FieldsFunc(run, func(r rune) bool { return r < '0' || r > '9' })
		if len(numbers) < 3 {
			continue
		}

		x, y, width := atoi(t, numbers[0]), atoi(t, numbers[1]), atoi(t, numbers[2])
		for i := range width {
			black[[2]int{x + i, y}] = true
		}
	}

	side := root.Width / 3
	if got := scan(t, modulesOf(side, func(x, y int) bool { return black[[2]int{x, y}] })); got != static {
		t.Errorf("scanned %q", got)
	}
}

func TestQRRefusesInvalidCodes(t *testing.T) {
	out, err := runCommand(t, "", "qr", strings.Replace(static, "John", "Jane", 1))
	if !errors.Is(err, ErrInvalid) || !errors.Is(err, khqr.KHQRInvalid) || out != "" {
		t.Errorf("got %v, %q", err, out)
	}
	if _, err := runCommand(t, static, "qr", "--scale", "0"); err == nil {
		t.Error("a scale of 0 passes")
	}
	if _, err := runCommand(t, static, "qr", "--format", "gif"); err == nil {
		t.Error("an unknown format passes")
	}
}
