// Package settings reads and checks a merchant's settings for a provider by the
// table in which the provider describes them, so that the same mistake gets the
// same code and the same words everywhere.
//
// The codes, each on an *checkout.Error whose Param is the setting's path:
//
//	setting_unknown       there is no such setting
//	setting_required      it is missing or empty
//	setting_invalid       its type, length or value is wrong
//	url_invalid           it is no usable address
//	url_not_https         it must be https in live mode
//	environment_mismatch  it belongs to the other mode
package settings

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"rieltime/checkout"
)

// Read decodes settings and checks them.
func Read(mode checkout.Mode, raw json.RawMessage, fields []checkout.Setting, into any) error {
	if err := Decode(raw, fields, into); err != nil {
		return err
	}
	return Check(mode, fields, into)
}

// Decode reads settings into a struct with json tags and fills in the defaults
// of what is left out. It refuses unknown names and wrong types but checks no
// values: settings that were applied earlier stay readable when rules change.
func Decode(raw json.RawMessage, fields []checkout.Setting, into any) error {
	for _, field := range fields {
		if field.Default != "" {
			setDefault(valueOf(into, field.Name), field.Default)
		}
	}

	if err := checkout.ReadSettings(raw, into); err != nil {
		return err
	}

	// A null leaves every value as it is, but empties a list.
	for _, field := range fields {
		if field.Default == "" {
			continue
		}
		if value := valueOf(into, field.Name); value.Kind() == reflect.Slice && value.IsNil() {
			setDefault(value, field.Default)
		}
	}

	return nil
}

// Check reports every value in a decoded struct that its field's description
// does not allow, as joined *checkout.Errors in the order of the fields.
func Check(mode checkout.Mode, fields []checkout.Setting, from any) error {
	var wrong []error
	for _, field := range fields {
		if err := check(mode, field, valueOf(from, field.Name)); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// Missing reports a setting that only its provider knows to be required, with a
// sentence that says why.
func Missing(name, why string) *checkout.Error {
	return checkout.Invalidf(name, "setting_required", "%s is required. %s", name, why)
}

// Invalid reports a value that only its provider knows to be wrong. The format
// continues a sentence that begins with the setting's name.
func Invalid(name, format string, args ...any) *checkout.Error {
	return checkout.Invalidf(name, "setting_invalid", name+" "+format, args...)
}

// WrongMode reports a value that belongs to the other mode, in the same form as
// Invalid.
func WrongMode(name, format string, args ...any) *checkout.Error {
	return checkout.Invalidf(name, "environment_mismatch", name+" "+format, args...)
}

// valueOf finds the value at a JSON path inside a pointer to a struct. It is
// invalid where the struct has no such field or an object on the way is missing.
func valueOf(settings any, path string) reflect.Value {
	value := reflect.ValueOf(settings)
	for name := range strings.SplitSeq(path, ".") {
		value = reflect.Indirect(value)
		if !value.IsValid() {
			return value
		}
		value = fieldNamed(value, name)
	}
	return value
}

// fieldNamed finds a struct's field by its name in JSON.
func fieldNamed(value reflect.Value, name string) reflect.Value {
	index, found := fieldsOf(value.Type())[name]
	if !found {
		return reflect.Value{}
	}
	return value.FieldByIndex(index)
}

// knownFields are the results of fieldsOf: settings are read at each request, and to
// list their fields made a third of what a purchase allocated.
var knownFields sync.Map

// fieldsOf returns where the fields of a struct are, by their names in JSON.
func fieldsOf(structure reflect.Type) map[string][]int {
	if known, ok := knownFields.Load(structure); ok {
		return known.(map[string][]int)
	}

	fields := map[string][]int{}
	for _, field := range reflect.VisibleFields(structure) {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, hidden := fields[tag]; !hidden {
			fields[tag] = field.Index
		}
	}

	knownFields.Store(structure, fields)
	return fields
}

// setDefault writes a default. The contract of providers holds that each fits
// its field.
func setDefault(value reflect.Value, text string) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Int:
		number, _ := strconv.ParseInt(text, 10, 64)
		value.SetInt(number)
	case reflect.Float64:
		number, _ := strconv.ParseFloat(text, 64)
		value.SetFloat(number)
	case reflect.Bool:
		value.SetBool(text == "true")
	case reflect.Slice:
		list := reflect.MakeSlice(value.Type(), 0, 1)
		for item := range strings.SplitSeq(text, ",") {
			list = reflect.Append(list, reflect.ValueOf(item).Convert(value.Type().Elem()))
		}
		value.Set(list)
	}
}
