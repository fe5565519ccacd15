package pages

// providerNames are proper names, the same in every language.
var providerNames = map[string]string{"bakong": "Bakong", "baray": "Baray", "kess": "KESS", "bayopay": "BayoPay"}

// providerName is a provider's display name, or its id if it has none.
func providerName(provider string) string {
	if name, ok := providerNames[provider]; ok {
		return name
	}
	return provider
}
