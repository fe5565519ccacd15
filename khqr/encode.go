package khqr

import "time"

// Encode writes the code as the official SDK does, byte for byte, or returns an
// *Error: the first failure in the SDK's order, with its code. now is the
// creation time of a dynamic code that has none, and must be before its
// expiration.
//
// A decoded code is written back byte for byte, unknown tags included, if it is valid.
// If fields were changed since, only those are replaced, and the code must be one that
// could be written as a new code.
//
// Encode is stricter than the SDK where the SDK would write an unsafe code: it refuses
// accounts that are not one name and one bank, amounts that are not plain
// decimals, blank or unprintable text, a category code short of four digits, and
// payee or additional data too long for their tag.
func (c *Code) Encode(now time.Time) (string, error) {
	if c.Raw != "" {
		return c.updateRaw(now)
	}
	var e encoder
	e.setValues(c, now)
	text, err := e.write(c, now)
	if err != nil {
		return "", err
	}
	return text, nil
}

// updateRaw returns c.Raw with the fields that were changed since it was decoded.
func (c *Code) updateRaw(now time.Time) (string, error) {
	decoded, err := Decode(c.Raw)
	if err != nil {
		return "", err
	}

	// Fields are compared without the current time, which Encode would set.
	var original, changed, dated encoder
	original.setValues(decoded, time.Time{})
	if changed.setValues(c, time.Time{}); original.values == changed.values {
		return verified(c.Raw, now)
	}

	dated.setValues(c, now)
	if _, err := dated.write(c, now); err != nil {
		return "", err
	}

	tags, err := Parse(c.Raw)
	if err != nil {
		return "", err
	}

	for i := range elements {
		if original.values[i] != dated.values[i] {
			tags = tags.set(elements[i].tag, elements[i].sub, dated.values[i])
		}
	}

	text, err := tags.Seal()
	if err != nil {
		return "", err
	}

	return verified(text, now)
}

// set replaces the value of a tag, or of its sub-tag unless sub is empty.
func (t Tags) set(tag, sub, value string) Tags {
	if sub == "" {
		return t.Set(tag, value)
	}

	var inner Tags
	for i := range t {
		if t[i].ID == tag {
			inner = t[i].Sub
		}
	}

	inner = inner.Set(sub, value)
	t = t.Set(tag, inner.String())
	for i := range t {
		if t[i].ID == tag {
			t[i].Sub = inner
		}
	}

	return t
}

// verified returns text if it is a valid code, and its first problem otherwise.
func verified(text string, now time.Time) (string, error) {
	if problems := Verify(text, now); len(problems) > 0 {
		return "", problems[0]
	}
	return text, nil
}
