package dashboard

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rieltime/checkout"
)

// clearPrefix begins the name of the box that removes a secret.
const clearPrefix = "_clear."

// settingsObject is a JSON object of settings, whose members are found by their paths.
type settingsObject map[string]any

func readSettings(text json.RawMessage) (settingsObject, error) {
	if len(text) == 0 {
		return settingsObject{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var object settingsObject
	err := decoder.Decode(&object)
	return object, err
}

func (o settingsObject) get(path string) any {
	name, below, nested := strings.Cut(path, ".")
	if !nested {
		return o[name]
	}
	inner, _ := o[name].(map[string]any)
	return settingsObject(inner).get(below)
}

// set puts a value at a path; nil removes what is there, and the object that it was in
// when that is empty then.
func (o settingsObject) set(path string, value any) {
	name, below, nested := strings.Cut(path, ".")
	if !nested {
		if o[name] = value; value == nil {
			delete(o, name)
		}
		return
	}

	inner, _ := o[name].(map[string]any)
	inner = maps.Clone(inner)
	if inner == nil {
		inner = map[string]any{}
	}

	settingsObject(inner).set(below, value)
	if o[name] = inner; len(inner) == 0 {
		delete(o, name)
	}
}

// text is a scalar as a field has it; empty when there is none.
func (o settingsObject) text(path string) string {
	switch value := o.get(path).(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// list is a list of texts.
func (o settingsObject) list(path string) (texts []string) {
	list, _ := o.get(path).([]any)
	for _, item := range list {
		if text, is := item.(string); is {
			texts = append(texts, text)
		}
	}
	return texts
}

// enabled is whether a setting of yes or no is on, by its default where it is left out.
func (o settingsObject) enabled(setting checkout.Setting) bool {
	if value, is := o.get(setting.Name).(bool); is {
		return value
	}
	return setting.Default == "true"
}

// mergeSettings returns stored settings with what a form says. What the form leaves as
// it is stays as it was written, a secret that is left empty too.
func mergeSettings(settings []checkout.Setting, stored json.RawMessage, posted url.Values) (json.RawMessage, error) {
	object, err := readSettings(stored)
	if err != nil {
		return nil, err
	}

	for _, setting := range settings {
		if err := mergeSetting(object, setting, posted); err != nil {
			return nil, err
		}
	}

	return json.Marshal(object)
}

func mergeSetting(object settingsObject, setting checkout.Setting, posted url.Values) error {
	name, text := setting.Name, strings.ReplaceAll(posted.Get(setting.Name), "\r\n", "\n")
	switch setting.Type {
	case checkout.SettingSecret:
		if text != "" {
			object.set(name, text)
		} else if posted.Get(clearPrefix+name) == "yes" {
			object.set(name, nil)
		}
		return nil

	case checkout.SettingBoolean:
		if is := posted.Get(name) == "yes"; is != object.enabled(setting) {
			object.set(name, is)
		}
		return nil

	case checkout.SettingList:
		mergeList(object, setting, posted[name])
		return nil
	}

	switch {
	case strings.TrimSpace(text) == strings.TrimSpace(object.text(name)):
	case strings.TrimSpace(text) == "":
		object.set(name, nil)
	case setting.Type == checkout.SettingInteger, setting.Type == checkout.SettingDecimal:
		number := json.Number(strings.TrimSpace(text))
		if !isNumber(number) {
			return checkout.Invalidf(name, "setting_invalid", "%s must be a number.", name)
		}
		object.set(name, number)

	default:
		object.set(name, text)
	}

	return nil
}

// isNumber reports whether a text is a number as JSON writes it.
func isNumber(number json.Number) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil && json.Valid([]byte(number))
}

// mergeList puts a list in, of the boxes that are chosen or of the lines that are not
// empty.
func mergeList(object settingsObject, setting checkout.Setting, texts []string) {
	if len(setting.Choices) == 0 {
		texts = strings.Fields(strings.Join(texts, "\n"))
	}

	before := object.list(setting.Name)
	if before == nil && setting.Default != "" {
		before = strings.Split(setting.Default, ",")
	}

	switch {
	case slices.Equal(texts, before):
	case len(texts) == 0:
		object.set(setting.Name, nil)
	default:
		list := make([]any, len(texts))
		for i, text := range texts {
			list[i] = text
		}
		object.set(setting.Name, list)
	}
}
