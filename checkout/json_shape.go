package checkout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ReadSettings reads one JSON object into a struct with json tags, strictly. It
// reports everything in it that is of another type or has no name there, each as
// an *Error with the path of the field, in words for whoever wrote the file. No
// value is repeated: it may be a secret.
func ReadSettings(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	if _, end := decoder.Token(); err == nil && !errors.Is(end, io.EOF) {
		return Invalidf("", "setting_invalid", "Unexpected data after the JSON object.")
	}

	object, is := value.(map[string]any)
	if err != nil || !is {
		return Invalidf("", "setting_invalid", "It must be a JSON object.").WithCause(err)
	}
	if wrong := checkObject("", object, reflect.TypeOf(into).Elem()); len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return Invalidf("", "setting_invalid", "The settings cannot be read.").WithCause(err)
	}

	return nil
}

// checkObject compares the members of an object with the fields of a struct.
func checkObject(path string, object map[string]any, want reflect.Type) (wrong []error) {
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(want) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = field.Type
		}
	}

	for _, name := range slices.Sorted(maps.Keys(object)) {
		if fieldType, ok := fields[name]; ok {
			wrong = append(wrong, checkShape(path+name, object[name], fieldType)...)
			continue
		}

		wrong = append(wrong, Invalidf(path+name, "setting_unknown", "Unknown setting %q: use %s.",
			name, strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
	}

	return wrong
}

var (
	numberType = reflect.TypeFor[json.Number]()
	rawType    = reflect.TypeFor[json.RawMessage]()
)

// checkShape compares a JSON value with the type that it is to be read into. A
// null is as good as a setting that is not there.
func checkShape(path string, value any, want reflect.Type) []error {
	if want.Kind() == reflect.Pointer {
		want = want.Elem()
	}

	if value == nil || want == rawType {
		return nil
	}

	switch want.Kind() {
	case reflect.Struct:
		if object, is := value.(map[string]any); is {
			return checkObject(path+".", object, want)
		}

	case reflect.Map:
		if object, is := value.(map[string]any); is {
			var wrong []error
			for _, name := range slices.Sorted(maps.Keys(object)) {
				wrong = append(wrong, checkShape(path+"."+name, object[name], want.Elem())...)
			}
			return wrong
		}

	case reflect.Slice:
		if list, is := value.([]any); is {
			return checkList(path, list, want.Elem())
		}

	default:
		if fitsScalar(value, want) {
			return nil
		}
	}

	return []error{wrongShape(path, value, want)}
}

func checkList(path string, list []any, want reflect.Type) (wrong []error) {
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item == nil {
			wrong = append(wrong, wrongShape(at, item, want))
		}
		wrong = append(wrong, checkShape(at, item, want)...)
	}
	return wrong
}

func fitsScalar(value any, want reflect.Type) bool {
	switch value := value.(type) {
	case string:
		return want.Kind() == reflect.String && want != numberType
	case bool:
		return want.Kind() == reflect.Bool
	case json.Number:
		whole, err := value.Int64()
		switch {
		case want.Kind() >= reflect.Int && want.Kind() <= reflect.Int64:
			return err == nil && !reflect.Zero(want).OverflowInt(whole)
		case want.Kind() == reflect.Float64:
			_, err := value.Float64()
			return err == nil
		}

		return want == numberType
	}

	return false
}

func wrongShape(path string, value any, want reflect.Type) error {
	wanted, given := wordsOfType(want), wordsOfValue(value)
	advice := "."
	if _, scalar := value.(json.Number); want.Kind() == reflect.String && want != numberType && (scalar || given == "true or false") {
		advice = ": write it in quotes."
	}
	if given == wanted || (wanted == "a whole number" && given == "a number") {
		given = "a number that is not whole, or too large"
	}
	return Invalidf(path, "setting_invalid", "%s must be %s, but is %s%s", path, wanted, given, advice)
}

func wordsOfType(want reflect.Type) string {
	switch {
	case want.Kind() == reflect.Struct || want.Kind() == reflect.Map:
		return "an object of names and values"
	case want.Kind() == reflect.Slice:
		return "a list of " + strings.NewReplacer("text", "texts").Replace(wordsOfType(want.Elem()))
	case want == numberType || want.Kind() == reflect.Float64:
		return "a number"
	case want.Kind() == reflect.String:
		return "text"
	case want.Kind() == reflect.Bool:
		return "true or false"
	}

	return "a whole number"
}

func wordsOfValue(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}

	return "empty"
}
