package bakong

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"rieltime/providers/bakong/internal/client"
)

// Bakong's answers say from which account the money came: retention must know
// each such member by its name.
func TestMembersAboutThePayerAreNamedAsPersonal(t *testing.T) {
	named, found := (&Provider{}).Info().PersonalFields, 0
	for field := range reflect.TypeFor[client.Transaction]().Fields() {
		name, _, _ := strings.Cut(strings.ToLower(field.Tag.Get("json")), ",")
		if !strings.HasPrefix(name, "from") {
			continue
		}

		found++
		if !slices.Contains(named, name) {
			t.Errorf("%s is not among %q", name, named)
		}
	}

	if found == 0 {
		t.Error("no member names the payer's account")
	}
}
