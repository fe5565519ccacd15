package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rieltime/checkout"
)

// fields reads the values of a JSON object by name and remembers those that are
// wrong. Names that nobody read are unknown. null is as good as absent.
type fields struct {
	path   string // "", "customer.", "line_items[0]."
	names  []string
	values map[string]any
	read   map[string]bool
	nested []*fields
	errs   []error
}

// err is all that is wrong here and in the objects read from here.
func (f *fields) err() error {
	var wrong []error
	for _, name := range f.names {
		if !f.read[name] {
			wrong = append(wrong, checkout.Invalidf(f.path+name, "field_unknown", "Unknown field %q.", f.path+name))
		}
	}

	wrong = append(wrong, f.errs...)
	for _, object := range f.nested {
		wrong = append(wrong, object.err())
	}

	return errors.Join(wrong...)
}

func (f *fields) fail(path, code, format string, args ...any) {
	f.errs = append(f.errs, checkout.Invalidf(path, code, format, args...))
}

func (f *fields) wrongType(path, want string) {
	f.fail(path, "type_invalid", "%s must be %s.", path, want)
}

func (f *fields) value(name string) any {
	f.read[name] = true
	return f.values[name]
}

func (f *fields) string(name string) string {
	value := f.value(name)
	text, ok := value.(string)
	if value != nil && !ok {
		f.wrongType(f.path+name, "a string")
	}
	return text
}

// optionalString is text whose absence differs from emptiness.
func (f *fields) optionalString(name string) *string {
	text := f.string(name)
	if f.values[name] == nil {
		return nil
	}
	return &text
}

// amount is text too: a JSON number would be rounded on its way.
func (f *fields) amount(name string) string {
	value := f.value(name)
	text, ok := value.(string)
	if value != nil && !ok {
		f.fail(f.path+name, "amount_invalid", "%s must be a string such as \"10.00\", not a number or another type.", f.path+name)
	}
	return text
}

// optionalAmount is amount where it may be absent: empty text then.
func (f *fields) optionalAmount(name string) string {
	if f.value(name) == nil {
		return ""
	}
	text := f.amount(name)
	if text == "" {
		f.fail(f.path+name, "amount_invalid", "%s must be a decimal number such as \"10.00\".", f.path+name)
	}
	return text
}

func (f *fields) bool(name string) bool {
	value := f.value(name)
	flag, ok := value.(bool)
	if value != nil && !ok {
		f.wrongType(f.path+name, "true or false")
	}
	return flag
}

// optionalBool does the same for flag.
func (f *fields) optionalBool(name string) *bool {
	flag := f.bool(name)
	if f.values[name] == nil {
		return nil
	}
	return &flag
}

// timestamp reads a time; the zero time when there is none.
func (f *fields) timestamp(name string) time.Time {
	text := f.optionalString(name)
	if text == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		f.wrongType(f.path+name, "a time such as 2026-04-14T08:00:00Z")
	}
	return at
}

func (f *fields) int(name string) *int {
	value := f.value(name)
	if value == nil {
		return nil
	}

	literal, ok := value.(json.Number)
	number, err := strconv.Atoi(literal.String())
	if errors.Is(err, strconv.ErrRange) {
		err = nil // number is then the largest or smallest there is, which is for the field's bounds to refuse
	}

	if !ok || err != nil {
		f.wrongType(f.path+name, "a whole number")
		return nil
	}

	return &number
}

func (f *fields) array(name, of string) []any {
	value := f.value(name)
	elements, ok := value.([]any)
	if value != nil && !ok {
		f.wrongType(f.path+name, "an array of "+of)
	}
	return elements
}

func (f *fields) strings(name string) []string {
	var texts []string
	for i, element := range f.array(name, "strings") {
		text, ok := element.(string)
		if !ok {
			f.wrongType(fmt.Sprintf("%s%s[%d]", f.path, name, i), "a string")
		}
		texts = append(texts, text)
	}
	return texts
}

// optionalStrings does the same for texts.
func (f *fields) optionalStrings(name string) []string {
	texts := f.strings(name)
	if texts == nil && f.values[name] != nil {
		return []string{}
	}
	return texts
}

func (f *fields) object(name string) *fields {
	value := f.value(name)
	object, ok := value.(*fields)
	if value != nil && !ok {
		f.wrongType(f.path+name, "an object")
	}
	if object != nil {
		f.nested = append(f.nested, object)
	}
	return object
}

func (f *fields) objects(name string) []*fields {
	var objects []*fields
	for i, element := range f.array(name, "objects") {
		object, ok := element.(*fields)
		if !ok {
			f.wrongType(fmt.Sprintf("%s%s[%d]", f.path, name, i), "an object")
			continue
		}

		objects = append(objects, object)
	}

	f.nested = append(f.nested, objects...)
	return objects
}

func (f *fields) stringMap(name string) map[string]string {
	object := f.object(name)
	if object == nil {
		return nil
	}

	texts := make(map[string]string, len(object.names))
	for _, key := range object.names {
		texts[key] = object.string(key)
		if object.values[key] == nil {
			object.wrongType(object.path+key, "a string")
		}
	}

	return texts
}
