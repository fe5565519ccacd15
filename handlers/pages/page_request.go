package pages

import (
	"time"

	"rieltime/checkout"
)

// pageRequest is everything about a request that its page depends on.
type pageRequest struct {
	now    time.Time
	lang   string // the page's language
	chosen string // the language that our addresses have to carry on; may be empty
	device checkout.Device
	inApp  bool // the page is shown inside another app, as far as the browser says so

	choose   bool              // the buyer wants another method
	currency checkout.Currency // that the buyer wants to pay in; may be empty, or any text
	going    bool              // the buyer goes to the provider now
	checking bool              // the page before showed "checking"
	hashOpen bool              // the buyer types a transaction hash
	report   bool              // the buyer has reported another payment
	declined string            // why the provider declined, as the browser that came back says; may be empty

	baseURL     string
	logoAddress func(address string) string             // where the page loads a logo from
	provider    func(name string) checkout.ProviderInfo // how a provider describes itself
	knowsHashes func(provider string) bool              // whether a provider finds transactions by their hashes
}

// providerName returns a provider's display name.
func (req pageRequest) providerName(provider string) string {
	return req.provider(provider).Name
}

func (req pageRequest) logoURL(address string) string {
	if req.logoAddress == nil {
		return ""
	}
	return req.logoAddress(address)
}
