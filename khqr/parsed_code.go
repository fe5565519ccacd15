package khqr

// parsedCode holds the elements of a code, and which tags it has.
type parsedCode struct {
	values    [elementCount]string
	present   [elementCount]bool
	tags      tagSet
	payee     Kind  // of the last of tags 29 and 30
	duplicate Field // the first repeated tag or sub-tag
	lastTag   int   // the last tag
}

// parse reads a code. Its tags, and the sub-tags of the templates that KHQR defines, must
// be well-formed. Of repeated tags the last counts, as in the official SDK: a later payee
// replaces an earlier one of either kind.
func (p *parsedCode) parse(text string) *Error {
	s, err := newScanner(text)
	if err != nil {
		return err
	}

	for pos := 0; pos < len(text); {
		tag, start, stop, ok := s.next(pos, len(text))
		if !ok {
			return newError(KHQRInvalid, FieldText, malformedReason(text))
		}

		entry, repeated := &elementsByTag[tag], p.tags.add(tag)
		if kind := payeeOf(tag); kind != 0 {
			repeated, p.payee = repeated || p.payee != 0, kind
		}

		if repeated {
			p.discardEarlier(entry.sub, text[pos:pos+2])
		}

		switch {
		case entry.sub != nil:
			if !p.parseTemplate(&s, entry.sub, start, stop) {
				return newError(KHQRInvalid, fieldOf(text[pos:pos+2], ""), malformedReason(text))
			}

		case entry.elem >= 0:
			p.values[entry.elem], p.present[entry.elem] = text[start:stop], true
		}

		pos, p.lastTag = stop, tag
	}

	return nil
}

// parseTemplate reads the sub-tags in text[pos:end] and reports whether they are
// well-formed.
func (p *parsedCode) parseTemplate(s *scanner, sub *[100]int8, pos, end int) bool {
	var seen tagSet
	parent := s.text[pos-4 : pos-2]
	for pos < end {
		tag, start, stop, ok := s.next(pos, end)
		if !ok {
			return false
		}

		if seen.add(tag) {
			p.noteDuplicate(parent, s.text[pos:pos+2])
		}

		if elem := sub[tag]; elem >= 0 {
			p.values[elem], p.present[elem] = s.text[start:stop], true
		}

		pos = stop
	}

	return true
}

// discardEarlier records that a tag is repeated, and discards the values of its earlier
// template.
func (p *parsedCode) discardEarlier(sub *[100]int8, tag string) {
	p.noteDuplicate(tag, "")
	if sub == nil {
		return
	}
	for _, elem := range sub {
		if elem >= 0 {
			p.values[elem], p.present[elem] = "", false
		}
	}
}

// noteDuplicate records the first repeated tag or sub-tag.
func (p *parsedCode) noteDuplicate(tag, sub string) {
	if p.duplicate == "" {
		p.duplicate = fieldOf(tag, sub)
	}
}

// payeeOf returns the kind of payee that a tag names, 0 for other tags.
func payeeOf(tag int) Kind {
	switch tag {
	case 29:
		return Individual
	case 30:
		return Merchant
	}
	return 0
}

// dynamic reports whether a code must have an expiration time: its method is dynamic, or
// it has an amount.
func (p *parsedCode) dynamic() bool {
	return p.values[elemMethod] == methodDynamic || p.present[elemAmount]
}

// elementsByTag maps each tag to its element, or to the elements of the sub-tags of its
// template; -1 means none.
var elementsByTag = func() (table [100]struct {
	elem int8
	sub  *[100]int8
}) {
	for i := range table {
		table[i].elem = -1
	}

	for i, p := range elements {
		tag, _ := twoDigits(p.tag[0], p.tag[1])
		if p.sub == "" {
			table[tag].elem = int8(i)
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
