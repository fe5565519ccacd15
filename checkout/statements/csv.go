package statements

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// row is a row of a table, with its number in the file.
type row struct {
	number int
	cells  []string
}

func (r row) blank() bool {
	for _, cell := range r.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// rows passes the rows of a table on until each returns false.
type rows func(each func(row) bool) error

// decodeText returns a file as UTF-8: it may be in UTF-8 or UTF-16, with or without a
// mark. What is neither is replaced by U+FFFD.
func decodeText(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return utf16Text(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return utf16Text(data[2:], binary.BigEndian)
	case zerosAt(data, 1):
		return utf16Text(data, binary.LittleEndian)
	case zerosAt(data, 0):
		return utf16Text(data, binary.BigEndian)
	}
	return withoutNUL(strings.ToValidUTF8(string(data), "\ufffd"))
}

// zerosAt reports whether most of the first characters have a zero byte at a place, as
// those of UTF-16 have.
func zerosAt(data []byte, place int) bool {
	data = data[:min(len(data), 400)&^1]
	zeros := 0
	for i := place; i < len(data); i += 2 {
		if data[i] == 0 {
			zeros++
		}
	}
	return len(data) >= 8 && zeros*2 > len(data)/2
}

func utf16Text(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return withoutNUL(string(utf16.Decode(units)))
}

// withoutNUL leaves out what no database takes.
func withoutNUL(text string) string { return strings.ReplaceAll(text, "\x00", "") }

const maxQuotedLines = 10 // of a cell in quotes; where no quote ends it, the first was a character like others

// csvRows are the rows of a text with a separator. A quote that nothing closes is a
// character of its cell, so that it hides no other line.
func csvRows(text string, separator byte) rows {
	return func(each func(row) bool) error {
		number := 1
		for rest := text; rest != ""; {
			cells, used := splitRow(rest, separator)
			lines := strings.Count(rest[:used], "\n")
			if !each(row{number, cells}) {
				return nil
			}
			number += lines
			rest = rest[used:]
		}
		return nil
	}
}

// splitRow splits the first row of a text, and returns how many bytes it has.
func splitRow(text string, separator byte) (cells []string, used int) {
	for {
		cell, length := splitCell(text[used:], separator)
		used += length
		if len(cells) < maxColumns {
			cells = append(cells, cut(cell))
		}
		if used == len(text) || text[used] != separator {
			break
		}
		used++
	}

	if rest := text[used:]; strings.HasPrefix(rest, "\r\n") {
		used += 2
	} else if rest != "" {
		used++
	}
	return cells, used
}

// splitCell returns the first cell of a text and how many bytes it has, without the
// separator or line end behind it.
func splitCell(text string, separator byte) (cell string, length int) {
	ends := string(separator) + "\r\n"
	if strings.HasPrefix(text, `"`) {
		if quoted, length, closed := splitQuoted(text); closed {
			end := strings.IndexAny(text[length:], ends)
			if end < 0 {
				end = len(text) - length
			}
			return quoted + text[length:length+end], length + end
		}
	}

	end := strings.IndexAny(text, ends)
	if end < 0 {
		end = len(text)
	}
	return text[:end], end
}

func splitQuoted(text string) (cell string, length int, closed bool) {
	var b strings.Builder
	lines := 0
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"' && i+1 < len(text) && text[i+1] == '"':
			i++
		case text[i] == '"':
			return b.String(), i + 1, true
		case text[i] == '\n':
			if lines++; lines > maxQuotedLines {
				return "", 0, false
			}
		}
		b.WriteByte(text[i])
	}
	return "", 0, false
}

// cut bounds a cell, at a whole character.
func cut(cell string) string {
	if len(cell) <= maxCell {
		return cell
	}
	return strings.ToValidUTF8(cell[:maxCell], "")
}

// separatorOf returns the separator by which the first rows have a header, or else the
// most columns.
func separatorOf(text string) byte {
	best, bestScore := byte(','), 0
	for _, separator := range []byte{',', ';', '\t', '|'} {
		score, seen := 0, 0
		_ = csvRows(text, separator)(func(r row) bool {
			score = max(score, len(r.cells))
			if complete(guessColumns(r.cells)) {
				score += 1000
			}
			seen++
			return seen < headerWithin
		})
		if score > bestScore {
			best, bestScore = separator, score
		}
	}
	return best
}
