package dashboard

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/web/templates/dashboard"
)

// settingFields draws a form from a provider's description of its settings, with what
// is stored or, after a form was posted, with what it said. A secret is never in it.
func settingFields(v viewer, settings []checkout.Setting, stored json.RawMessage, posted url.Values) ([]dashboard.Field, error) {
	object, err := readSettings(stored)
	if err != nil {
		return nil, err
	}

	var fields []dashboard.Field
	for _, setting := range settings {
		field := dashboard.Field{
			Name: setting.Name, Label: setting.Label, Hint: setting.Help, English: true, MaxLength: setting.MaxLength,
			Required: setting.Required && setting.Default == "",
		}
		if setting.Default != "" && setting.Type != checkout.SettingBoolean {
			field.Note = dashboard.T(v.lang, "settings.default", "value", setting.Default)
		}

		fillSetting(v, &field, setting, object, posted)
		fields = append(fields, field)

		if field.Kind.Secret() && object.text(setting.Name) != "" && !setting.Required {
			fields = append(fields, dashboard.Field{
				Name: clearPrefix + setting.Name, Label: dashboard.T(v.lang, "settings.clear", "name", setting.Label),
				Kind: dashboard.FieldBox, Value: posted.Get(clearPrefix + setting.Name),
			})
		}
	}

	return fields, nil
}

// fillSetting gives a field its kind and its value.
func fillSetting(v viewer, field *dashboard.Field, setting checkout.Setting, object settingsObject, posted url.Values) {
	switch setting.Type {
	case checkout.SettingSecret:
		field.Kind = dashboard.FieldSecret
		if object.text(setting.Name) != "" {
			field.Required, field.Note = false, dashboard.T(v.lang, "settings.stored")
		}
		return

	case checkout.SettingBoolean:
		field.Kind = dashboard.FieldBox
		if posted == nil && object.enabled(setting) || posted.Get(setting.Name) == "yes" {
			field.Value = "yes"
		}
		return

	case checkout.SettingList:
		fillList(field, setting, object, posted)
		return
	case checkout.SettingURL, checkout.SettingLink:
		field.Kind = "url"
	}

	field.Value = object.text(setting.Name)
	if posted != nil {
		field.Value = posted.Get(setting.Name)
	}

	switch {
	case setting.Lines:
		field.Kind = dashboard.FieldLines
	case len(setting.Choices) > 0:
		field.Kind = dashboard.FieldSelect
		if !setting.Required || field.Value == "" {
			field.Options = []dashboard.Option{{Text: "–"}}
		}

		for _, choice := range setting.Choices {
			field.Options = append(field.Options, dashboard.Option{Value: choice, Text: choice, English: true})
		}
	}
}

func fillList(field *dashboard.Field, setting checkout.Setting, object settingsObject, posted url.Values) {
	chosen := object.list(setting.Name)
	if posted != nil {
		chosen = posted[setting.Name]
	} else if chosen == nil && setting.Default != "" {
		chosen = strings.Split(setting.Default, ",")
	}

	if len(setting.Choices) == 0 {
		field.Kind, field.Value = dashboard.FieldLines, strings.Join(chosen, "\n")
		return
	}

	field.Kind = dashboard.FieldBoxes
	for _, choice := range setting.Choices {
		field.Options = append(field.Options, dashboard.Option{Value: choice, Text: choice, English: true, Chosen: slices.Contains(chosen, choice)})
	}
}
