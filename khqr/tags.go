package khqr

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Tag is one element of a code: a tag of two digits and its value.
type Tag struct {
	ID    string // two digits
	Value string // as read, including sub-tags
	Sub   Tags   // the value's own tags, where it is a template
}

// Tags is a list of elements in the order they were read.
type Tags []Tag

// Parse reads every tag of a code, unknown ones too, as a tree. It accepts what
// Decode accepts. What EMVCo leaves to others (tags 26 to 51 and 80 to 99, and
// 50 to 99 inside 62; EMV QRCPS for merchant-presented codes, section 4) is a
// template where it reads as one; the templates that KHQR defines must be.
func Parse(text string) (Tags, error) {
	var r parsedCode
	if err := r.parse(text); err != nil {
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

// isTemplate reports whether the tag at a path of tags may contain sub-tags.
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

// Set returns a copy of the tags with the value of one tag replaced. A new tag is
// inserted before the first tag with a higher number and before the CRC, or appended. An
// empty value removes the tag.
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

// String returns the tags one after another, as in the value of a template; see Seal for
// a whole code.
func (t Tags) String() string {
	var out []byte
	for _, tag := range t {
		out = appendTag(out, tag.ID, tag.Value)
	}
	return string(out)
}

// Seal returns a whole code: the tags in their order, followed by the computed CRC in
// place of any tag 63. It returns an *Error (KHQRInvalid) if a tag is not two digits, or
// a value is not UTF-8 or longer than 99 UTF-16 code units. It writes Value and ignores
// Sub.
func (t Tags) Seal() (string, error) {
	var scratch [512]byte
	out, sum := scratch[:0], ""
	for _, tag := range t {
		switch {
		case tag.ID == tagCRC:
			sum = tag.Value
			continue
		case len(tag.ID) != 2 || !isDigits(tag.ID):
			return "", newError(KHQRInvalid, FieldText, "has a tag that is not two digits")
		case !utf8.ValidString(tag.Value):
			return "", newError(KHQRInvalid, fieldOf(tag.ID, ""), "is not valid UTF-8")
		case utf16Len(tag.Value) > maxValueLength:
			return "", newError(KHQRInvalid, fieldOf(tag.ID, ""), "is longer than 99")
		}

		out = appendTag(out, tag.ID, tag.Value)
	}

	return closeWithCRC(out, sum), nil
}

// closeWithCRC appends tag 63. If the CRC equals readCRC, the one of a decoded code, it
// is written in the same case.
func closeWithCRC(out []byte, readCRC string) string {
	out = append(out, tagCRC+"04"...)
	start := len(out)
	out = appendCRC(out)
	if strings.EqualFold(readCRC, string(out[start:])) {
		out = append(out[:start], readCRC...)
	}
	return string(out)
}

// appendTag appends a tag with its length and value.
func appendTag(out []byte, id, value string) []byte {
	out = appendHeader(out, id, utf16Len(value))
	return append(out, value...)
}

// appendHeader appends a tag and its length, which must be at most 99.
func appendHeader(out []byte, id string, length int) []byte {
	out = append(out, id...)
	return append(out, byte('0'+length/10), byte('0'+length%10))
}
