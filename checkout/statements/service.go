package statements

import (
	"fmt"
	"slices"
	"time"

	"rieltime/checkout"
)

// Service imports statements and matches their lines.
type Service struct {
	store Store
	info  func(provider string) checkout.ProviderInfo
	now   func() time.Time
}

// NewService returns a service. info describes a provider.
func NewService(store Store, info func(provider string) checkout.ProviderInfo, now func() time.Time) *Service {
	return &Service{store, info, now}
}

// FindAccount returns the account of a list that an id or a provider's name means.
func FindAccount(accounts []checkout.Account, name string) (checkout.Account, error) {
	at := slices.IndexFunc(accounts, func(a checkout.Account) bool { return a.ID == name || a.Provider == name })
	if at < 0 {
		return checkout.Account{}, fmt.Errorf("there is no account %q", name)
	}
	return accounts[at], nil
}
