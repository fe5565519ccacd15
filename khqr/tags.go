package khqr

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Tag is one element of a code: two digits, a length, a value.
type Tag struct {
	ID    string // two digits
	Value string // as it was read, sub-tags included
	Sub   Tags   // the value's own tags, where it is a template
}

// Tags is a list of elements in the order they were read.
type Tags []Tag

// Parse reads every tag of a code, unknown ones too, as a tree. It accepts what
// Decode accepts. What EMVCo leaves to others (tags 26 to 51 and 80 to 99, and
// 50 to 99 inside 62; EMV QRCPS for merchant-presented codes, section 4) is a
// template where it reads as one; the templates that KHQR defines must be.
func Parse(text string) (Tags, error) {
	var r reading
	if err := r.read(text); err != nil {
		return nil, err
	}
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	tags, _ := s.parse("", 0, len(text))
	return tags, nil
}

// parse reads text[pos:end], the value of the tag above, given as its path.
func (s *scanner) parse(path string, pos, end int) (tags Tags, ok bool) {
	for pos < end {
		_, start, stop, ok := s.next(pos, end)
		if !ok {
			return nil, false
		}

		tag := Tag{ID: s.text[pos : pos+2], Value: s.text[start:stop]}
		if below := path + tag.ID; isTemplate(below) {
			tag.Sub, _ = s.parse(below, start, stop)
		}

		tags, pos = append(tags, tag), stop
	}

	return tags, true
}

func isTemplate(path string) bool {
	switch len(path) {
	case 2:
		return path >= "26" && path <= "51" || path == tagAdditional || path == tagLanguage || path >= "80"
	case 4:
		return path >= tagAdditional+"50" && path <= tagAdditional+"99"
	}
	return false
}

// Get returns the value at a path of tags, as in Get("59") or Get("62", "01").
// Of a duplicated tag it returns the last, as the official SDK does.
func (t Tags) Get(path ...string) (value string, found bool) {
	if len(path) == 0 {
		return "", false
	}

	for i := len(t) - 1; i >= 0; i-- {
		switch {
		case t[i].ID != path[0]:
		case len(path) == 1:
			return t[i].Value, true
		default:
			return t[i].Sub.Get(path[1:]...)
		}
	}

	return "", false
}

// Set replaces the value of a tag, where it stands; a new tag goes before the
// first with a higher number, or to the end, but before the CRC. An empty value
// takes the tag out. The tags themselves stay as they are; the result is new.
func (t Tags) Set(id, value string) Tags {
	t = slices.Clone(t)
	at := slices.IndexFunc(t, func(tag Tag) bool { return tag.ID == id })
	switch {
	case at >= 0 && value == "":
		return slices.Delete(t, at, at+1)
	case at >= 0:
		t[at] = Tag{ID: id, Value: value}
		return t
	case value == "":
		return t
	}

	at = slices.IndexFunc(t, func(tag Tag) bool { return tag.ID > id || tag.ID == tagCRC })
	if at < 0 {
		at = len(t)
	}

	return slices.Insert(t, at, Tag{ID: id, Value: value})
}

// String writes the tags one after another, as the value of a template; see
// Seal for a whole code.
func (t Tags) String() string {
	var out []byte
	for _, tag := range t {
		out = appendTag(out, tag.ID, tag.Value)
	}
	return string(out)
}

// Seal writes a whole code: the tags in their order, closed with a CRC, whatever
// tag 63 holds. It checks only what can be written at all, an *Error
// (KHQRInvalid) otherwise: two digits a tag, at most 99 UTF-16 code units a
// value. Values are written, Sub is not.
func (t Tags) Seal() (string, error) {
	var scratch [512]byte
	out, sum := scratch[:0], ""
	for _, tag := range t {
		switch {
		case tag.ID == tagCRC:
			sum = tag.Value
			continue
		case len(tag.ID) != 2 || !digits(tag.ID):
			return "", fail(KHQRInvalid, FieldText, "has a tag that is not two digits")
		case !utf8.ValidString(tag.Value):
			return "", fail(KHQRInvalid, fieldOf(tag.ID, ""), "is not valid UTF-8")
		case utf16Len(tag.Value) > maxValue:
			return "", fail(KHQRInvalid, fieldOf(tag.ID, ""), "is longer than 99")
		}

		out = appendTag(out, tag.ID, tag.Value)
	}

	return seal(out, sum), nil
}

// seal adds tag 63. A sum that was met in lower case is written back so.
func seal(out []byte, was string) string {
	out = append(out, tagCRC+"04"...)
	start := len(out)
	out = appendCRC(out)
	if strings.EqualFold(was, string(out[start:])) {
		out = append(out[:start], was...)
	}
	return string(out)
}

func appendTag(out []byte, id, value string) []byte {
	out = appendHead(out, id, utf16Len(value))
	return append(out, value...)
}

// appendHead writes a tag and its length, which is at most 99 in all that is
// returned to a caller.
func appendHead(out []byte, id string, length int) []byte {
	out = append(out, id...)
	return append(out, byte('0'+length/10), byte('0'+length%10))
}
