package checkout_test

import (
	"slices"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestBankReferencesAreThoseThatTheProviderNames(t *testing.T) {
	t.Parallel()
	info := checkout.ProviderInfo{ReferenceFields: []string{"externalref", "instructionref"}}
	for raw, want := range map[string][]string{
		`{"externalRef":"100FT26B","instructionRef":"100FT26A","hash":"h"}`: {"100FT26A", "100FT26B"},
		`{"externalRef":"100FT26A","instructionRef":"100FT26A"}`:            {"100FT26A"},
		`{"externalRef":"","instructionRef":null}`:                          nil,
		`{"externalRef":12,"data":{"externalRef":"100FT26A"}}`:              nil,
		`{"externalRef":"a\u0000b","instructionRef":"` + "\xff" + `"}`:      nil, // PostgreSQL has no text with these
		`{"externalRef":"` + strings.Repeat("x", 101) + `"}`:                nil,
		`["100FT26A"]`: nil, `no JSON`: nil, ``: nil,
	} {
		if got := info.BankReferences([]byte(raw)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
