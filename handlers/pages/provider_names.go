package pages

// providerNames are proper names, the same in every language.
var providerNames = map[string]string{"bakong": "Bakong", "baray": "Baray", "kess": "KESS", "bayopay": "BayoPay"}

func providerName(provider string) string {
	if name, ok := providerNames[provider]; ok {
		return name
	}
	return provider
}
