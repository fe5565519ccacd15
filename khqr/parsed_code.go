package khqr

import "unicode/utf8"

// maxText is the most characters that any QR symbol holds (version 40-L,
// digits only): a longer text is no code, and is not read.
const maxText = 7089

// scanner cuts a text into elements. All of it up to ascii is ASCII, where a
// UTF-16 code unit is a byte.
type scanner struct {
	text  string
	ascii int
}

func newScanner(text string) (scanner, *Error) {
	s := scanner{text: text}
	switch {
	case text == "":
		return s, fail(KHQRInvalid, FieldText, "is empty")
	case len(text) > maxText:
		return s, fail(KHQRInvalid, FieldText, "is longer than a QR code can hold")
	}

	if s.ascii = asciiPrefix(text); !utf8.ValidString(text[s.ascii:]) {
		return s, fail(KHQRInvalid, FieldText, "is not valid UTF-8")
	}

	return s, nil
}

// next reads the element at pos in text[:end]: the number of its tag and where
// its value starts and ends.
func (s *scanner) next(pos, end int) (tag, start, stop int, ok bool) {
	if end-pos < 4 {
		return 0, 0, 0, false
	}

	tag, okTag := twoDigits(s.text[pos], s.text[pos+1])
	n, okLength := twoDigits(s.text[pos+2], s.text[pos+3])
	start = pos + 4
	if stop = start + n; stop > s.ascii && start < end {
		n, ok = offset(s.text[start:end], n)
		return tag, start, start + n, ok && okTag && okLength
	}

	return tag, start, stop, stop <= end && okTag && okLength
}

// reading is what a text holds in each place, and which tags it has.
type reading struct {
	value     [placeCount]string
	found     [placeCount]bool
	tags      tagSet
	payee     Kind  // by the last of tags 29 and 30
	duplicate Field // the first tag or sub-tag that stands twice
	last      int   // the last tag
}

// read reads a text whose tags, and the sub-tags of the templates that KHQR
// defines, are well-formed. Of duplicates the last counts, as in the official
// SDK: a later payee replaces an earlier one of either kind.
func (r *reading) read(text string) *Error {
	s, err := newScanner(text)
	if err != nil {
		return err
	}

	for pos := 0; pos < len(text); {
		tag, start, stop, ok := s.next(pos, len(text))
		if !ok {
			return fail(KHQRInvalid, FieldText, malformed(text))
		}

		at, again := &placeOf[tag], r.tags.add(tag)
		if kind := payeeOf(tag); kind != 0 {
			again, r.payee = again || r.payee != 0, kind
		}

		if again {
			r.repeat(at.sub, text[pos:pos+2])
		}

		switch {
		case at.sub != nil:
			if !r.readTemplate(&s, at.sub, start, stop) {
				return fail(KHQRInvalid, fieldOf(text[pos:pos+2], ""), malformed(text))
			}

		case at.place >= 0:
			r.value[at.place], r.found[at.place] = text[start:stop], true
		}

		pos, r.last = stop, tag
	}

	return nil
}

func (r *reading) readTemplate(s *scanner, sub *[100]int8, pos, end int) bool {
	var seen tagSet
	head := s.text[pos-4 : pos-2]
	for pos < end {
		tag, start, stop, ok := s.next(pos, end)
		if !ok {
			return false
		}

		if seen.add(tag) {
			r.twice(head, s.text[pos:pos+2])
		}

		if place := sub[tag]; place >= 0 {
			r.value[place], r.found[place] = s.text[start:stop], true
		}

		pos = stop
	}

	return true
}

// repeat notes that a tag stands twice, and forgets what its template held.
func (r *reading) repeat(sub *[100]int8, tag string) {
	r.twice(tag, "")
	if sub == nil {
		return
	}
	for _, place := range sub {
		if place >= 0 {
			r.value[place], r.found[place] = "", false
		}
	}
}

func (r *reading) twice(tag, sub string) {
	if r.duplicate == "" {
		r.duplicate = fieldOf(tag, sub)
	}
}

func payeeOf(tag int) Kind {
	switch tag {
	case 29:
		return Individual
	case 30:
		return Merchant
	}
	return 0
}

// dynamic reports whether a code is to have an expiration time: it says so, or
// it has an amount.
func (r *reading) dynamic() bool {
	return r.value[atMethod] == methodDynamic || r.found[atAmount]
}

// tagSet is a set of the tags 00 to 99.
type tagSet [2]uint64

func (t *tagSet) has(tag int) bool { return t[tag>>6]>>(tag&63)&1 == 1 }

// add reports whether the tag was there already.
func (t *tagSet) add(tag int) bool {
	had := t.has(tag)
	t[tag>>6] |= 1 << (tag & 63)
	return had
}

// placeOf finds the place of a tag, or the places of a template's sub-tags; -1
// is none.
var placeOf = func() (table [100]struct {
	place int8
	sub   *[100]int8
}) {
	for i := range table {
		table[i].place = -1
	}

	for i, p := range places {
		tag, _ := twoDigits(p.tag[0], p.tag[1])
		if p.sub == "" {
			table[tag].place = int8(i)
			continue
		}

		if table[tag].sub == nil {
			table[tag].sub = new([100]int8)
			for j := range table[tag].sub {
				table[tag].sub[j] = -1
			}
		}

		sub, _ := twoDigits(p.sub[0], p.sub[1])
		table[tag].sub[sub] = int8(i)
	}

	return table
}()
