package khqr

import "time"

// encodeOver writes c.Raw with the fields that were changed since it was read.
func (c *Code) encodeOver(now time.Time) (string, error) {
	read, err := Decode(c.Raw)
	if err != nil {
		return "", err
	}
	var was, is [placeCount]string
	read.fill(&was, time.Time{})
	if c.fill(&is, time.Time{}); was == is {
		return sound(c.Raw, now)
	}
	if err := c.validate(now); err != nil {
		return "", err
	}
	c.fill(&is, now)
	tags, err := Parse(c.Raw)
	if err != nil {
		return "", err
	}
	for i := range places {
		if was[i] != is[i] {
			tags = tags.set(places[i].tag, places[i].sub, is[i])
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
