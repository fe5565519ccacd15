package khqr

import (
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

// maxText is the most characters that any QR symbol holds (version 40-L,
// digits only): a longer text is no code, and is not read.
const maxText = 7089

// Get returns the value at a path of one or two tags, as in Get("59") or
// Get("62", "01"). Of a duplicated tag it returns the last, as the official SDK
// does.
func (t Tags) Get(path ...string) (value string, found bool) {
	if len(path) == 0 {
		return "", false
	}
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].ID != path[0] {
			continue
		}
		if len(path) == 1 {
			return t[i].Value, true
		}
		return t[i].Sub.Get(path[1:]...)
	}
	return "", false
}

// Seal writes the tags back in their order and closes them with a CRC, whatever
// tag 63 holds. It checks only what can be written at all: two digits a tag, at
// most 99 UTF-16 code units a value. Value decides what is written, not Sub.
func (t Tags) Seal() (string, error) {
	var scratch [512]byte
	out := scratch[:0]
	var sum string
	for _, tag := range t {
		if tag.ID == tagCRC {
			sum = tag.Value
			continue
		}
		if !twoDigits(tag.ID) {
			return "", fail(KHQRInvalid, FieldText, "has a tag that is not two digits")
		}
		if !utf8.ValidString(tag.Value) {
			return "", fail(KHQRInvalid, tagField(tag.ID), "is not valid UTF-8")
		}
		if utf16Len(tag.Value) > maxValue {
			return "", fail(KHQRInvalid, tagField(tag.ID), "is longer than 99")
		}
		out = appendTag(out, tag.ID, tag.Value)
	}
	return seal(out, sum), nil
}

// seal adds tag 63. A reader may have met the sum in lower case; it is then
// written back so.
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
	out = append(out, id...)
	out = appendLength(out, utf16Len(value))
	return append(out, value...)
}

// appendLength writes two digits; its callers have refused lengths above 99.
func appendLength(out []byte, n int) []byte {
	return append(out, byte('0'+n/10), byte('0'+n%10))
}

// parse reads a whole code into a tree that shares text's memory, in one
// allocation.
func parse(text string) (Tags, *Error) {
	if len(text) > maxText {
		return nil, fail(KHQRInvalid, FieldText, "is longer than a QR code can hold")
	}
	if !utf8.ValidString(text) {
		return nil, fail(KHQRInvalid, FieldText, "is not valid UTF-8")
	}
	top, ok := count(text)
	total := top
	for rest := text; rest != "" && ok; {
		var id, value string
		id, value, rest, ok = cut(rest)
		n, err := countSub(id, value)
		if err != nil {
			return nil, err
		}
		total += n
	}
	if top == 0 || !ok {
		return nil, fail(KHQRInvalid, FieldText, "is not a sequence of tag, length and value")
	}
	arena := make(Tags, 0, total)
	tags := fill(&arena, text, top)
	for i := range tags {
		if n, _ := countSub(tags[i].ID, tags[i].Value); n > 0 {
			tags[i].Sub = fill(&arena, tags[i].Value, n)
		}
	}
	return tags, nil
}

// countSub returns how many sub-tags a value has. The templates that KHQR
// defines must be well-formed; what EMVCo leaves to others (26-51, 80-99) is a
// template where it reads as one.
func countSub(id, value string) (int, *Error) {
	if !isTemplate(id) {
		return 0, nil
	}
	n, ok := count(value)
	if ok {
		return n, nil
	}
	if isKHQRTemplate(id) {
		return 0, fail(KHQRInvalid, tagField(id), "is not a sequence of tag, length and value")
	}
	return 0, nil
}

func isKHQRTemplate(id string) bool {
	switch id {
	case tagIndividual, tagMerchant, tagAdditional, tagLanguage, tagTimestamp:
		return true
	}
	return false
}

// isTemplate follows EMVCo QRCPS-MPM, section 4.
func isTemplate(id string) bool {
	return id >= "26" && id <= "51" || id == tagAdditional || id == tagLanguage || id >= "80"
}

// count returns how many elements s holds, and whether all of it reads so.
func count(s string) (n int, ok bool) {
	for s != "" {
		if _, _, s, ok = cut(s); !ok {
			return 0, false
		}
		n++
	}
	return n, true
}

// fill carves n elements of s, already counted, out of the arena.
func fill(arena *Tags, s string, n int) Tags {
	start := len(*arena)
	for range n {
		var tag Tag
		tag.ID, tag.Value, s, _ = cut(s)
		*arena = append(*arena, tag)
	}
	return (*arena)[start:len(*arena):len(*arena)]
}

// cut takes the first element off s.
func cut(s string) (id, value, rest string, ok bool) {
	if len(s) < 4 || !twoDigits(s[:2]) || !twoDigits(s[2:4]) {
		return "", "", "", false
	}
	n := int(s[2]-'0')*10 + int(s[3]-'0')
	end, ok := offset(s[4:], n)
	if !ok {
		return "", "", "", false
	}
	return s[:2], s[4 : 4+end], s[4+end:], true
}

func twoDigits(s string) bool { return len(s) == 2 && digits(s) }

// digits reports whether s is nothing but ASCII digits; "" is.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// utf16Len returns how many UTF-16 code units the valid UTF-8 text s has.
func utf16Len[T string | []byte](s T) int {
	n := 0
	for i := range len(s) {
		n += units(s[i])
	}
	return n
}

// units returns how many UTF-16 code units a character has, told by the first
// byte of its UTF-8 form: 0 for a byte that is not the first.
func units(b byte) int {
	switch {
	case b < 0x80:
		return 1
	case b < 0xC0:
		return 0
	case b < 0xF0:
		return 1
	}
	return 2
}

// offset returns how many bytes the first n UTF-16 code units of s take. It
// fails where s is shorter or where the cut would fall inside a character.
func offset(s string, n int) (int, bool) {
	i := 0
	for ; i < len(s); i++ {
		u := units(s[i])
		if n == 0 && u > 0 {
			return i, true
		}
		if n -= u; n < 0 {
			return 0, false
		}
	}
	return i, n == 0
}

// tagField names the place of a top-level tag.
func tagField(id string) Field {
	for _, s := range slots {
		if s.tag == id && s.sub == "" {
			return s.field
		}
	}
	switch id {
	case tagIndividual, tagMerchant:
		return FieldPayee
	case tagAdditional:
		return FieldAdditional
	case tagLanguage:
		return FieldLanguageTemplate
	case tagTimestamp:
		return FieldTimestamp
	case tagCRC:
		return FieldCRC
	}
	return Field("tag_" + id)
}
