package khqr

import (
	"slices"
	"time"
)

// encodeOver writes c.Tags with the fields that were changed since they were
// read.
func (c *Code) encodeOver(now time.Time) (string, error) {
	if err := checkDuplicates(c.Tags); err != nil {
		return "", err
	}
	was, is := decodeTags(c.Tags).values(time.Time{}), c.values(now)
	tags := slices.Clone(c.Tags)
	for i, slot := range slots {
		switch {
		case was[i] == is[i]:
		case slot.sub == "":
			tags = tags.set(Tag{ID: slot.tag, Value: is[i]})
		default:
			sub := slices.Clone(tags.sub(slot.tag)).set(Tag{ID: slot.sub, Value: is[i]})
			tags = tags.set(Tag{ID: slot.tag, Value: sub.join(), Sub: sub})
		}
	}
	return tags.Seal()
}

// set replaces the tag of that id, in place, or takes it out if its new value is
// empty. A new tag goes before the first with a higher id; tag 63 is last.
func (t Tags) set(tag Tag) Tags {
	at := slices.IndexFunc(t, func(other Tag) bool { return other.ID == tag.ID })
	switch {
	case at >= 0 && tag.Value == "":
		return slices.Delete(t, at, at+1)
	case at >= 0:
		t[at] = tag
		return t
	case tag.Value == "":
		return t
	}
	at = slices.IndexFunc(t, func(other Tag) bool { return other.ID > tag.ID || other.ID == tagCRC })
	if at < 0 {
		at = len(t)
	}
	return slices.Insert(t, at, tag)
}

func (t Tags) sub(id string) Tags {
	for i := range t {
		if t[i].ID == id {
			return t[i].Sub
		}
	}
	return nil
}

func (t Tags) join() string {
	var out []byte
	for _, tag := range t {
		out = appendTag(out, tag.ID, tag.Value)
	}
	return string(out)
}
