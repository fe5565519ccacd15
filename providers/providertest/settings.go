package providertest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/settings"
)

// goTypes are the types of Go that a setting of each type may be decoded into.
var goTypes = map[checkout.SettingType][]reflect.Type{
	checkout.SettingText:    {reflect.TypeFor[string]()},
	checkout.SettingSecret:  {reflect.TypeFor[checkout.Secret]()},
	checkout.SettingURL:     {reflect.TypeFor[string]()},
	checkout.SettingLink:    {reflect.TypeFor[string]()},
	checkout.SettingInteger: {reflect.TypeFor[int]()},
	checkout.SettingDecimal: {reflect.TypeFor[float64](), reflect.TypeFor[json.Number]()},
	checkout.SettingBoolean: {reflect.TypeFor[bool]()},
	checkout.SettingList:    {reflect.TypeFor[[]string](), reflect.TypeFor[[]checkout.Currency]()},
}

// describesItsSettings compares the provider's description of its settings with
// the struct that it decodes them into.
func describesItsSettings(t *testing.T, h *Harness) {
	described := h.Provider.Info().Settings
	filled := reflect.New(reflect.TypeOf(h.Settings).Elem())
	if err := settings.Decode(json.RawMessage(`{}`), described, filled.Interface()); err != nil {
		t.Fatal(err)
	}

	leaves := map[string]reflect.Value{}
	leavesOf(leaves, "", filled.Elem())
	for _, field := range described {
		leaf, exists := leaves[field.Name]
		if !exists {
			t.Errorf("there is no setting %q, or it is described twice", field.Name)
			continue
		}

		delete(leaves, field.Name)

		if !slices.Contains(goTypes[field.Type], leaf.Type()) {
			t.Errorf("%s is described as %q but decoded into %s", field.Name, field.Type, leaf.Type())
		}

		if got := textOf(leaf); got != field.Default && (field.Default != "" || !leaf.IsZero()) {
			t.Errorf("%s is %q when left out, but its default is described as %q", field.Name, got, field.Default)
		}

		if field.Label == "" || !isSentence(field.Help) {
			t.Errorf("%s: label %q and help %q, want a label and one sentence", field.Name, field.Label, field.Help)
		}

		if field.Default == "" && field.Min > 0 {
			t.Errorf("%s has no default, and 0 is out of its bounds", field.Name)
		}
	}

	for name := range leaves {
		t.Errorf("%s is not described", name)
	}
}

// leavesOf lists the values of a struct by their JSON paths, with those of the
// structs inside it.
func leavesOf(leaves map[string]reflect.Value, path string, value reflect.Value) {
	for _, field := range reflect.VisibleFields(value.Type()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := value.FieldByIndex(field.Index)
		if field.Type.Kind() == reflect.Pointer {
			leavesOf(leaves, path+name+".", reflect.New(field.Type.Elem()).Elem())
			continue
		}
		leaves[path+name] = inner
	}
}

// textOf writes a value as a description writes a default.
func textOf(value reflect.Value) string {
	if value.Kind() != reflect.Slice {
		return fmt.Sprint(value.Interface())
	}

	var texts []string
	for i := range value.Len() {
		texts = append(texts, value.Index(i).String())
	}
	return strings.Join(texts, ",")
}

func isSentence(text string) bool {
	return text != "" && strings.ToUpper(text[:1]) == text[:1] && strings.HasSuffix(text, ".") && !strings.Contains(text, ". ")
}
