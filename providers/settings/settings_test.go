package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
)

type page struct {
	Design string      `json:"design"`
	Fee    json.Number `json:"fee"`
}

type sample struct {
	BaseURL string          `json:"base_url"`
	Icon    string          `json:"icon"`
	Key     checkout.Secret `json:"key"`
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Banks   []string        `json:"banks"`
	Life    int             `json:"life"`
	Rate    float64         `json:"rate"`
	Flag    bool            `json:"flag"`
	Page    *page           `json:"page"`
}

var fields = []checkout.Setting{
	{Name: "base_url", Type: checkout.SettingURL, Required: true, Default: "https://api.example"},
	{Name: "icon", Type: checkout.SettingLink},
	{Name: "key", Type: checkout.SettingSecret, Required: true, Help: "The key from the dashboard."},
	{Name: "name", Type: checkout.SettingText, MaxLength: 5},
	{Name: "kind", Type: checkout.SettingText, Choices: []string{"A", "B", "C"}},
	{Name: "banks", Type: checkout.SettingList, Required: true, Default: "X,Y", Choices: []string{"X", "Y"}},
	{Name: "life", Type: checkout.SettingInteger, Default: "300", Min: 5, Max: 600},
	{Name: "rate", Type: checkout.SettingDecimal, Default: "0", Min: 0.001, Max: 1_000_000_000},
	{Name: "flag", Type: checkout.SettingBoolean, Default: "true"},
	{Name: "page.design", Type: checkout.SettingText, MaxLength: 5},
	{Name: "page.fee", Type: checkout.SettingDecimal, Max: 9.5},
}

func TestEachMistakeHasItsCodeAndWords(t *testing.T) {
	for _, c := range []struct {
		mode         checkout.Mode
		change, want string
	}{
		{checkout.ModeTest, ``, ""},
		{checkout.ModeLive, `"icon":"http://shop.example/i.png?v=2","name":"កាហ្វ","kind":"B","banks":["Y"],"life":600,"rate":0,"flag":false,"page":{}`, ""},
		{checkout.ModeTest, `"icon":"","name":"","kind":"","page":null`, ""},
		{checkout.ModeTest, `"base_url":"http://127.0.0.1:9000/api/","rate":0.001,"page":{"design":"plain","fee":9.5}`, ""},

		{checkout.ModeTest, `"colour":"red"`, `colour setting_unknown Unknown setting "colour": use banks, base_url, flag, icon, key, kind, life, name, page, rate.`},
		{checkout.ModeTest, `"page":{"colour":"red"}`, `page.colour setting_unknown Unknown setting "colour": use design, fee.`},
		{checkout.ModeTest, `"name":5`, "name setting_invalid name must be text, but is a number: write it in quotes."},
		{checkout.ModeTest, `"life":"5"`, "life setting_invalid life must be a whole number, but is text."},
		{checkout.ModeTest, `"flag":1`, "flag setting_invalid flag must be true or false, but is a number."},

		{checkout.ModeTest, `"key":""`, "key setting_required key is required. The key from the dashboard."},
		{checkout.ModeTest, `"banks":[]`, "banks setting_required banks is required. "},
		{checkout.ModeTest, `"base_url":""`, "base_url setting_required base_url is required. "},

		{checkout.ModeTest, `"base_url":"api.example"`, "base_url url_invalid base_url must be a full http or https address without user or password."},
		{checkout.ModeTest, `"base_url":"ftp://api.example"`, "base_url url_invalid base_url must be a full http or https address without user or password."},
		{checkout.ModeTest, `"base_url":"https://"`, "base_url url_invalid base_url must be a full http or https address without user or password."},
		{checkout.ModeTest, `"base_url":"https://me:pw@api.example"`, "base_url url_invalid base_url must be a full http or https address without user or password."},
		{checkout.ModeTest, `"base_url":"https://api.example:0"`, "base_url url_invalid base_url must have a port from 1 to 65535, or none."},
		{checkout.ModeTest, `"base_url":"https://api.example?x=1"`, "base_url url_invalid base_url must have no query and no fragment."},
		{checkout.ModeTest, `"base_url":"https://api.example?"`, "base_url url_invalid base_url must have no query and no fragment."},
		{checkout.ModeTest, `"base_url":"https://api.example#"`, "base_url url_invalid base_url must have no query and no fragment."},
		{checkout.ModeLive, `"base_url":"http://api.example"`, "base_url url_not_https base_url must begin with https:// in live mode."},
		{checkout.ModeLive, `"base_url":"http://127.0.0.1:9000"`, "base_url url_not_https base_url must begin with https:// in live mode."},
		{checkout.ModeTest, `"icon":"javascript:alert(1)"`, "icon url_invalid icon must be a full http or https address without user or password."},

		{checkout.ModeTest, `"name":"abcdef"`, "name setting_invalid name must have at most 5 characters."},
		{checkout.ModeTest, `"page":{"design":"abcdef"}`, "page.design setting_invalid page.design must have at most 5 characters."},
		{checkout.ModeTest, `"kind":"a"`, "kind setting_invalid kind must be A, B or C."},
		{checkout.ModeTest, `"banks":["X","Z"]`, "banks setting_invalid banks must be X or Y."},
		{checkout.ModeTest, `"life":601`, "life setting_invalid life must be from 5 to 600."},
		{checkout.ModeTest, `"life":0`, "life setting_invalid life must be from 5 to 600."},
		{checkout.ModeTest, `"rate":-1`, "rate setting_invalid rate must be from 0.001 to 1000000000, or 0."},
		{checkout.ModeTest, `"page":{"fee":-1}`, "page.fee setting_invalid page.fee must be from 0 to 9.5."},
	} {
		text := `{"key":"k"}`
		if c.change != "" {
			text = `{` + c.change + `}`
			if !strings.Contains(text, `"key":""`) {
				text = strings.TrimSuffix(text, "}") + `,"key":"k"}`
			}
		}

		got := ""
		var wrong *checkout.Error
		if err := Read(c.mode, json.RawMessage(text), fields, &sample{}); errors.As(err, &wrong) {
			got = wrong.Param + " " + wrong.Code + " " + wrong.Detail
		} else if err != nil {
			t.Errorf("%s: %v is no *checkout.Error", text, err)
		}

		if got != c.want {
			t.Errorf("%s %s:\n got %q\nwant %q", c.mode, text, got, c.want)
		}
	}
}

func TestEveryMistakeIsReported(t *testing.T) {
	err := Read(checkout.ModeLive, json.RawMessage(`{"base_url":"http://api.example","kind":"D","life":1}`), fields, &sample{})
	var got []string
	for _, wrong := range checkout.AllErrors(err) {
		got = append(got, wrong.Param)
	}
	if want := []string{"base_url", "key", "kind", "life"}; !slices.Equal(got, want) {
		t.Errorf("%q are reported, want %q", got, want)
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	for _, text := range []string{`{}`, `{"base_url":null,"banks":null,"life":null,"flag":null}`} {
		var s sample
		if err := Decode(json.RawMessage(text), fields, &s); err != nil {
			t.Fatal(err)
		}
		if s.BaseURL != "https://api.example" || !slices.Equal(s.Banks, []string{"X", "Y"}) || s.Life != 300 || !s.Flag {
			t.Errorf("%s: %+v", text, s)
		}
	}
}

func TestOwnValuesReplaceDefaults(t *testing.T) {
	var s sample
	if err := Decode(json.RawMessage(`{"base_url":"","banks":["X"],"life":0,"flag":false}`), fields, &s); err != nil {
		t.Fatal(err)
	}
	if s.BaseURL != "" || !slices.Equal(s.Banks, []string{"X"}) || s.Life != 0 || s.Flag {
		t.Errorf("%+v", s)
	}
}

// Settings that were applied under older rules must still be read when a
// payment is made by them.
func TestDecodingChecksNoValues(t *testing.T) {
	if err := Decode(json.RawMessage(`{"base_url":"x","kind":"D","life":-1}`), fields, &sample{}); err != nil {
		t.Error(err)
	}
	if err := Decode(json.RawMessage(`{"colour":"red"}`), fields, &sample{}); err == nil {
		t.Error("an unknown name was accepted")
	}
}

func TestParsedSettingsAreThoseOfTheirText(t *testing.T) {
	type account struct {
		Name string `json:"name"`
		Most int    `json:"most"`
	}
	parsed := Parsed[account]{Fields: []checkout.Setting{{Name: "name"}, {Name: "most", Default: "3"}}}
	for range 2 { // the second time from what is kept
		for i := range 600 {
			name := fmt.Sprintf("shop %d", i)
			got, err := parsed.Decode(fmt.Appendf(nil, `{"name":%q}`, name))
			if err != nil || got != (account{name, 3}) {
				t.Fatalf("%+v (%v)", got, err)
			}
			got.Name = "changed"
			if again, err := parsed.Decode(fmt.Appendf(nil, `{"name":%q}`, name)); err != nil || again.Name != name {
				t.Fatalf("%+v (%v)", again, err)
			}
		}
		if _, err := parsed.Decode([]byte(`{"unknown":1}`)); err == nil {
			t.Error("an unknown setting is taken")
		}
	}
}
