package qrsymbol

import (
	"strings"

	"rsc.io/qr/coding"
)

// mode is how the characters of a segment are written. Each mode can write what the
// modes before it can.
type mode int

const (
	numeric mode = iota
	alphanumeric
	binary
)

func modeOf(char byte) mode {
	switch {
	case '0' <= char && char <= '9':
		return numeric
	case 'A' <= char && char <= 'Z', strings.IndexByte(" $%*+-./:", char) >= 0:
		return alphanumeric
	}
	return binary
}

// segment is a part of a text that is written in one mode.
type segment struct {
	mode mode
	text string
}

// encoding returns the segment's writer.
func (s segment) encoding() coding.Encoding {
	switch s.mode {
	case numeric:
		return coding.Num(s.text)
	case alphanumeric:
		return coding.Alpha(s.text)
	}
	return coding.String(s.text)
}

// size returns the bits that the segment takes in a version. It calls no method of an
// encoding, which would cost an allocation each time.
func (s segment) size(version coding.Version) int {
	switch s.mode {
	case numeric:
		return coding.Num(s.text).Bits(version)
	case alphanumeric:
		return coding.Alpha(s.text).Bits(version)
	}
	return coding.String(s.text).Bits(version)
}

// lastWithShortCounts is the last version that counts the bytes of a segment in one
// byte.
const lastWithShortCounts = 9

// split returns the segments of a text and the smallest version that holds them.
func split(text string) (coding.Version, []segment, error) {
	version := coding.Version(coding.MinVersion)
	for _, last := range []coding.Version{lastWithShortCounts, MaxVersion} {
		segments, size := segmentsFor(text, last)
		for ; version <= last; version++ {
			if segments != nil && size <= 8*version.DataBytes(coding.M) {
				return version, segments, nil
			}
		}
	}
	return 0, nil, ErrUnsuitable
}

// segmentsFor splits a text for a version, and for all that count alike. As in
// skip2/go-qrcode, a run of characters of one mode is written in the mode of the run
// before it while that saves bits; there are no segments when the text as a whole is
// longer than can be counted.
func segmentsFor(text string, version coding.Version) (segments []segment, size int) {
	whole := segment{numeric, text}
	for at := 0; at < len(text); {
		joined := firstRun(text[at:])
		for end := at + len(joined.text); end < len(text); end = at + len(joined.text) {
			next := firstRun(text[end:])
			both := segment{joined.mode, text[at : end+len(next.text)]}
			if next.mode > joined.mode || both.size(version) >= joined.size(version)+next.size(version) {
				break
			}

			joined = both
		}

		segments, size = append(segments, joined), size+joined.size(version)
		whole.mode = max(whole.mode, joined.mode)
		at += len(joined.text)
	}

	if whole.mode == binary && len(text) > 255 && version <= lastWithShortCounts {
		return nil, 0
	}
	if one := whole.size(version); one <= size {
		return []segment{whole}, one
	}

	return segments, size
}

// firstRun returns the characters of one mode that a text begins with.
func firstRun(text string) segment {
	run := segment{modeOf(text[0]), text}
	for i := range len(text) {
		if modeOf(text[i]) != run.mode {
			run.text = text[:i]
			break
		}
	}
	return run
}
