package khqr

import "time"

// Encode writes the code as the official SDK does, byte for byte, or returns an
// *Error: the first failure in the SDK's order, with its code. now is the
// creation time of a dynamic code that has none, and must be before its
// expiration.
//
// A code that Decode read is written back byte for byte, unknown tags included,
// if it verifies. Where fields were changed since, only those are replaced, and
// the code must be one that could be written anew.
//
// Encode is stricter than the SDK in what would make an unsafe code: it refuses
// accounts that are not one name and one bank, amounts that are not plain
// decimals, blank or unprintable text, a category code short of four digits, and
// payee or additional data too long for their tag.
func (c *Code) Encode(now time.Time) (string, error) {
	if c.Raw != "" {
		return c.encodeOver(now)
	}
	var d draft
	d.fill(c, now)
	text, err := d.write(c, now)
	if err != nil {
		return "", err
	}
	return text, nil
}

// encodeOver writes c.Raw with the fields that were changed since it was read.
func (c *Code) encodeOver(now time.Time) (string, error) {
	read, err := Decode(c.Raw)
	if err != nil {
		return "", err
	}

	var was, is, dated draft
	was.fill(read, time.Time{})
	if is.fill(c, time.Time{}); was.value == is.value {
		return sound(c.Raw, now)
	}

	dated.fill(c, now)
	if _, err := dated.write(c, now); err != nil {
		return "", err
	}

	tags, err := Parse(c.Raw)
	if err != nil {
		return "", err
	}

	for i := range places {
		if was.value[i] != dated.value[i] {
			tags = tags.set(places[i].tag, places[i].sub, dated.value[i])
		}
	}

	text, err := tags.Seal()
	if err != nil {
		return "", err
	}

	return sound(text, now)
}

// set gives a tag, or a sub-tag of it where sub is not empty, a new value.
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

// sound returns a code that verifies, or its first problem.
func sound(text string, now time.Time) (string, error) {
	if problems := Verify(text, now); len(problems) > 0 {
		return "", problems[0]
	}
	return text, nil
}
