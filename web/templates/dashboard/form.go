package dashboard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Field is a field of a form, with what was typed in it.
type Field struct {
	Name      string
	Label     string
	Value     string
	Kind      FieldKind // empty: one line of text
	Required  bool
	MaxLength int      // in UTF-16 units; 0: no limit
	Options   []Option // of a choice, or of several boxes
	Hint      string
	Note      string // beside the hint, in the page's language
	Error     string // safe to show, in English
	English   bool   // the label and the hint are a provider's, in English

	Look    *AccentLook // how the value looks to buyers; nil: not shown
	LookURL string      // which shows the Look of what is typed
}

// AccentLook is how buyers see a colour.
type AccentLook struct {
	Lang        string
	Light, Dark Colours
	Valid       bool // it is a colour
}

// Colours are those of a main button, and of the page that it is on, as "#rrggbb".
type Colours struct{ Page, Accent, OnAccent string }

func (l AccentLook) pages() []Colours { return []Colours{l.Light, l.Dark} }

// FieldKind is how a field is drawn.
type FieldKind string

// The kinds of fields but the inputs "text", "url", "number", "date",
// "datetime-local" and "color", which are named like their types.
const (
	FieldLines  FieldKind = "lines"  // a text of several lines
	FieldSelect FieldKind = "select" // one of Options
	FieldBox    FieldKind = "box"    // yes or no
	FieldBoxes  FieldKind = "boxes"  // some of Options
	FieldSecret FieldKind = "secret" // is never shown again

	FieldEmail    FieldKind = "email"    // what a user signs in by
	FieldPassword FieldKind = "password" // the user's present one; FieldSecret is a new one
	FieldCode     FieldKind = "code"     // of the user's app, or a recovery code
)

// Secret reports whether a field's value is never shown again.
func (k FieldKind) Secret() bool {
	switch k {
	case FieldSecret:
		return true
	}
	return false
}

// Option is a choice of a field.
type Option struct {
	Value   string
	Text    string
	English bool
	Chosen  bool
}

func (f Field) inputType() string {
	switch f.Kind {
	case "", FieldCode:
		return "text"
	case FieldSecret:
		return "password"
	}
	return string(f.Kind)
}

// autocomplete is what password managers recognise a field by.
func (f Field) autocomplete() string {
	switch f.Kind {
	case FieldEmail:
		return "username"
	case FieldPassword:
		return "current-password"
	case FieldCode:
		return "one-time-code"
	}
	return "off"
}

// describedBy are the ids of the texts about a field.
func (f Field) describedBy() string {
	var ids []string
	for _, text := range [][2]string{{f.Hint, "-hint"}, {f.Note, "-note"}, {f.Error, "-problem"}} {
		if text[0] != "" {
			ids = append(ids, f.Name+text[1])
		}
	}
	return strings.Join(ids, " ")
}

func (f Field) attributes() templ.Attributes {
	attributes := templ.Attributes{"id": f.Name, "name": f.Name}
	if f.Required {
		attributes["required"] = true
	}

	if f.MaxLength > 0 {
		attributes["maxlength"] = strconv.Itoa(f.MaxLength)
	}

	if by := f.describedBy(); by != "" {
		attributes["aria-describedby"] = by
	}

	if f.Error != "" {
		attributes["aria-invalid"] = "true"
	}

	if f.LookURL != "" {
		attributes["hx-get"], attributes["hx-trigger"] = f.LookURL, "input changed delay:300ms"
		attributes["hx-target"], attributes["hx-swap"] = "#"+f.Name+"-look", "outerHTML"
	}

	return attributes
}

func (f Field) chosen(option Option) bool { return option.Chosen || option.Value == f.Value }

// Form is a form of fields, one below the other.
type Form struct {
	Action string // where it is posted
	Fields []Field
	Submit string // the button's text
	Back   string // the page to return to without saving; empty: no such link
	Error  string // what is wrong apart from the fields, in English

	Preview string // shows what the form would change, in another window; empty: no such button

	Hidden map[string]string // by name

	MoreTitle string // of the fields that are folded away
	More      []Field
}

func (f Form) wrong() bool {
	return slices.ContainsFunc(f.Fields, Field.wrong) || slices.ContainsFunc(f.More, Field.wrong)
}

// untouched reports whether nothing was refused in a form.
func (f Form) untouched() bool { return f.Error == "" && !f.wrong() }

// unfolded reports whether something is in the fields that are folded away.
func (f Form) unfolded() bool { return slices.ContainsFunc(f.More, Field.filled) }

func (f Field) wrong() bool { return f.Error != "" }

func (f Field) filled() bool {
	return f.Value != "" || f.Error != "" || slices.ContainsFunc(f.Options, func(o Option) bool { return o.Chosen })
}

// English sets its language where a text is in English on a page in another language.
func English(english bool) templ.Attributes {
	if !english {
		return nil
	}
	return templ.Attributes{"lang": "en"}
}
