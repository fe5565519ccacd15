package kesssim

import (
	"net/http"
	"slices"
)

// settingFields are those of the document's object "setting".
var settingFields = []string{"template", "enabled_payment_methods", "payment_type", "background_color", "display_fee_amount"}

// unknownField returns a field of an object that the document does not list; ""
// when there is none.
func unknownField(object map[string]any, listed []string) string {
	for name := range object {
		if !slices.Contains(listed, name) {
			return name
		}
	}
	return ""
}

// enabledMethods returns the methods that a request's setting enables; nil: all.
func enabledMethods(setting any) ([]string, *failure) {
	object, given := setting.(map[string]any)
	if name := unknownField(object, settingFields); name != "" {
		return nil, refuse(http.StatusBadRequest, "setting."+name, "is not known")
	}

	list, listed := object["enabled_payment_methods"]
	if !given || !listed {
		return nil, nil
	}

	wrong := refuse(http.StatusBadRequest, "setting.enabled_payment_methods", "must be a list of BICs")
	values, ok := list.([]any)
	if !ok {
		return nil, wrong
	}

	var enabled []string
	for _, value := range values {
		code, _ := value.(string)
		if _, ok := findMethod(code); !ok {
			return nil, wrong
		}
		enabled = append(enabled, code)
	}

	return enabled, nil
}
