package cmd

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"rieltime/checkout"
	"rieltime/providers"
)

const merchantFileSeed = `
id: klaing
name: Coffee Klaing
logo_url: https://shop.example/logo.png
accent: "#0a7d4f"
support_contact: 012 345 678
return_hosts: [shop.example, "localhost:3000"]
methods: [khqr, kess]
late_payments: accept
test:
  webhook_url: https://shop.example/hooks
  providers:
    bakong: {base_url: "https://api.example", account: klaing@devb, token: abc}
    baray:
      sk: !!str 123
`

func FuzzMerchantFile(f *testing.F) {
	for _, seed := range []string{
		merchantFileSeed, `{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"]}`, "", "-", "a: &a [*a]", "a: &a {b: c}\n<<: *a", "id: |\n  x\n ", "\xff", "id: {a: 1, a: 2}", "? a\n: b", "%YAML 1.2\n---\nid: x\n---\nid: y",
	} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := readMerchant(text)
		if err != nil {
			return
		}
		if !utf8.ValidString(spec.ID + spec.Name + spec.SupportContact) {
			t.Errorf("%q became merchant %q, %q", text, spec.ID, spec.Name)
		}
	})
}

func TestMerchantFileIsReadAsYAMLAndAsJSON(t *testing.T) {
	for _, text := range []string{merchantFileSeed, `{"id":"klaing","name":"Coffee Klaing","return_hosts":["shop.example"],"test":{"providers":{"bakong":{}}}}`} {
		spec, err := readMerchant([]byte(text))
		if err != nil || spec.ID != "klaing" || spec.Name != "Coffee Klaing" || len(spec.Test.Providers) == 0 {
			t.Errorf("%s: %+v, %v", text, spec, err)
		}
	}
}

// The documented file is valid and contains every setting.
func TestDocumentedMerchantFile(t *testing.T) {
	text, err := os.ReadFile("../docs/merchant.yaml")
	if err != nil {
		t.Fatal(err)
	}

	spec, err := readMerchant(text)
	if err != nil {
		t.Fatal(err)
	}

	byName := map[string]checkout.Provider{}
	for _, provider := range Providers(providers.Options{}) {
		byName[provider.Name()] = provider
	}

	if len(spec.Live.Providers) != len(byName) {
		t.Errorf("%d providers, want all %d", len(spec.Live.Providers), len(byName))
	}

	for mode, has := range map[checkout.Mode]*checkout.ModeSpec{checkout.ModeTest: spec.Test, checkout.ModeLive: spec.Live} {
		for name, settings := range has.Providers {
			if err := byName[name].CheckSettings(mode, settings); err != nil {
				t.Errorf("%s %s: %v", mode, name, err)
			}
		}
	}

	for _, part := range []any{checkout.MerchantSpec{}, checkout.ModeSpec{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(part)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			wantDocumented(t, text, name)
		}
	}

	for _, provider := range byName {
		for _, setting := range provider.Info().Settings {
			wantDocumented(t, text, setting.Name[strings.LastIndex(setting.Name, ".")+1:])
		}
	}
}

func wantDocumented(t *testing.T, file []byte, name string) {
	t.Helper()
	if !regexp.MustCompile(`(?m)^ *(# )?` + name + `:`).Match(file) {
		t.Errorf("%s is missing", name)
	}
}
