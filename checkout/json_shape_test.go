package checkout_test

import (
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestSettingsSayAllThatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	type inner struct {
		Names []string `json:"names"`
	}
	type settings struct {
		Text   string            `json:"text"`
		Secret checkout.Secret   `json:"secret"`
		Whole  int               `json:"whole"`
		Part   float64           `json:"part"`
		Flag   bool              `json:"flag"`
		Inner  *inner            `json:"inner"`
		Many   map[string]*inner `json:"many"`
	}
	for text, want := range map[string][]string{
		`{"text":"a","secret":"b","whole":1,"part":0.5,"flag":true,"inner":{"names":["x"]},"many":{"a":{}}}`: nil,
		`{"text":null,"inner":null,"many":{"a":null}}`:                                                       nil,
		`{"text":12000001,"secret":73915}`:                                                                   {"secret must be text, but is a number: write it in quotes.", "text must be text, but is a number: write it in quotes."},
		`{"whole":1.5}`:                                                                                      {"whole must be a whole number, but is a number that is not whole, or too large."},
		`{"whole":99999999999999999999}`:                                                                     {"whole must be a whole number, but is a number that is not whole, or too large."},
		`{"whole":"1"}`:                                                                                      {"whole must be a whole number, but is text."},
		`{"part":[]}`:                                                                                        {"part must be a number, but is a list."},
		`{"flag":"yes"}`:                                                                                     {"flag must be true or false, but is text."},
		`{"inner":{"names":"x"}}`:                                                                            {"inner.names must be a list of texts, but is text."},
		`{"inner":{"names":["x",null,5]}}`:                                                                   {"inner.names[1] must be text, but is empty.", "inner.names[2] must be text, but is a number: write it in quotes."},
		`{"inner":[],"many":1}`:                                                                              {"inner must be an object of names and values, but is a list.", "many must be an object of names and values, but is a number."},
		`{"many":{"a":{"name":1}},"Text":1}`:                                                                 {`Unknown setting "Text": use flag, inner, many, part, secret, text, whole.`, `Unknown setting "name": use names.`},
		`[]`:                                                                                                 {"It must be a JSON object."}, `{} {}`: {"Unexpected data after the JSON object."}, ``: {"It must be a JSON object."},
	} {
		var read settings
		err := checkout.ReadSettings([]byte(text), &read)
		var got []string
		for _, wrong := range checkout.AllErrors(err) {
			got = append(got, wrong.Detail)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", text, got, want)
		}
		if err != nil && strings.Contains(err.Error(), "73915") {
			t.Errorf("%s: the secret is shown: %v", text, err)
		}
	}
}
