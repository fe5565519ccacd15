// Package picture makes the pictures of strangers safe to show: what a file says besides
// its pixels is lost.
package picture

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Bounds of a picture.
const (
	mostPixels  = 4 << 20 // of the file that is read: they take 16 MB of memory
	longestEdge = 512     // of the picture that is made
	quality     = 88      // of a JPEG
)

// The errors of Clean.
var (
	ErrFormat = errors.New("not a PNG, JPEG or WebP picture")
	ErrPixels = errors.New("the picture has too many pixels")
)

// codecs are the formats that are read, by how their files begin. Others that the program
// knows are not.
var codecs = []struct {
	begins string // a ? is any byte
	isJPEG bool
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}{
	{"\x89PNG\r\n\x1a\n", false,
		func(file []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(file)) },
		func(file []byte) (image.Image, error) { return png.Decode(bytes.NewReader(file)) }},
	{"\xff\xd8\xff", true,
		func(file []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(file)) },
		func(file []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(file)) }},
	{"RIFF????WEBPVP8", false,
		func(file []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(file)) },
		func(file []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(file)) }},
}

// Clean decodes a picture and encodes it anew: as JPEG where it was one, else as PNG. It
// makes it smaller until it has no more than maxBytes.
func Clean(file []byte, maxBytes int) ([]byte, error) {
	for _, codec := range codecs {
		if !begins(file, codec.begins) {
			continue
		}

		config, err := codec.config(file)
		if err != nil || config.Width < 1 || config.Height < 1 {
			return nil, errors.Join(ErrFormat, err)
		}
		if config.Width > mostPixels/config.Height {
			return nil, ErrPixels
		}

		decoded, err := codec.decode(file)
		if err != nil {
			return nil, errors.Join(ErrFormat, err)
		}
		return encode(decoded, codec.isJPEG, maxBytes)
	}
	return nil, ErrFormat
}

func begins(file []byte, with string) bool {
	if len(file) < len(with) {
		return false
	}
	for i := range len(with) {
		if with[i] != '?' && file[i] != with[i] {
			return false
		}
	}
	return true
}

func encode(from image.Image, asJPEG bool, maxBytes int) ([]byte, error) {
	for edge := longestEdge; edge > 0; edge /= 2 {
		var file bytes.Buffer
		var err error
		if small := within(from, edge); asJPEG {
			err = jpeg.Encode(&file, small, &jpeg.Options{Quality: quality})
		} else {
			err = png.Encode(&file, small)
		}
		if err != nil || file.Len() <= maxBytes {
			return file.Bytes(), err
		}
	}
	return nil, ErrPixels
}

// within returns a picture whose edges are no longer than edge, always a new one.
func within(from image.Image, edge int) image.Image {
	size := from.Bounds().Size()
	if longest := max(size.X, size.Y); longest > edge {
		size.X, size.Y = max(1, size.X*edge/longest), max(1, size.Y*edge/longest)
	}
	to := image.NewNRGBA(image.Rectangle{Max: size})
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	return to
}
