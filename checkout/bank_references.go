package checkout

import (
	"encoding/json"
	"slices"
	"strings"
)

// Bounds of what one proof is found by. The references of banks are far shorter.
const (
	maxBankReferences = 4
	maxBankReference  = 100 // bytes
)

// BankReferences are the values of ReferenceFields in a provider's raw answer, sorted,
// at most maxBankReferences.
func (i ProviderInfo) BankReferences(raw json.RawMessage) (all []string) {
	var members map[string]any
	if json.Unmarshal(raw, &members) != nil {
		return nil // another form of answer has no members
	}

	for name, value := range members {
		text, is := value.(string)
		if is && isBankReference(text) && slices.Contains(i.ReferenceFields, strings.ToLower(name)) {
			all = append(all, text)
		}
	}

	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxBankReferences)]
}

// isBankReference reports whether a text may be a bank's reference, which is of ASCII.
func isBankReference(text string) bool {
	return text != "" && len(text) <= maxBankReference && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
