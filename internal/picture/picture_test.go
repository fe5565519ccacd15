package picture

import (
	"bytes"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// noise is a picture that hardly compresses.
func noise(width, height int) image.Image {
	random := rand.New(rand.NewPCG(1, 2))
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = byte(random.Uint32())
	}
	return picture
}

func encoded(t *testing.T, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := encode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// aWebP is a WebP picture of one pixel.
const aWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestPicturesAreMadeAnew(t *testing.T) {
	const most = 200 << 10
	script := "<script>alert(1)</script>"
	webpFile, err := base64.StdEncoding.DecodeString(aWebP)
	if err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		file  []byte
		kind  string
		width int // 0: any
	}{
		"PNG":       {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, noise(40, 20)) }), "image/png", 40},
		"large PNG": {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, noise(700, 500)) }), "image/png", 0},
		"JPEG":      {encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, noise(900, 100), nil) }), "image/jpeg", 512},
		"WebP":      {webpFile, "image/png", 1},
	} {
		made, err := Clean(append(c.file, script...), most)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		config, _, err := image.DecodeConfig(bytes.NewReader(made))
		if http.DetectContentType(made) != c.kind || len(made) > most || err != nil || config.Width > longestEdge || c.width != 0 && config.Width != c.width {
			t.Errorf("%s: %s of %d bytes, %d wide, %v", name, http.DetectContentType(made), len(made), config.Width, err)
		}
		if bytes.Contains(made, []byte(script)) {
			t.Errorf("%s keeps what follows the picture", name)
		}
	}
}

func TestTransparencyStays(t *testing.T) {
	from := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	from.Set(0, 0, color.NRGBA{R: 200, A: 128})
	made, err := Clean(encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, from) }), 1<<10)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(made))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, alpha := picture.At(1, 1).RGBA(); alpha != 0 {
		t.Errorf("alpha %d", alpha)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	// A PNG that says that it has a billion pixels.
	bomb := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, noise(1, 1)) })
	copy(bomb[16:24], "\x00\x00\x7f\xff\x00\x00\x7f\xff")
	sum := crc32.ChecksumIEEE(bomb[12:29])
	bomb[29], bomb[30], bomb[31], bomb[32] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	if _, err := Clean(bomb, 1<<10); !errors.Is(err, ErrPixels) {
		t.Errorf("a bomb: %v", err)
	}

	for name, file := range map[string][]byte{
		"nothing": nil, "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "HTML": []byte("<!doctype html>"),
		"half a PNG": bomb[:20], "a PNG's first bytes": []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)),
		"GIF": encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, noise(2, 2), nil) }),
	} {
		if _, err := Clean(file, 1<<10); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
