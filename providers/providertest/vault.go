package providertest

import (
	"context"
	"sync"
	"time"

	"rieltime/checkout"
)

// Vault is a checkout.Vault in memory; its zero value is empty.
type Vault struct{ kept, leases sync.Map }

// Get implements checkout.Vault.
func (v *Vault) Get(_ context.Context, account, name string) (checkout.Secret, error) {
	value, found := v.kept.Load(account + "/" + name)
	if !found {
		return "", checkout.ErrNotFound
	}
	return value.(checkout.Secret), nil
}

// Put implements checkout.Vault.
func (v *Vault) Put(_ context.Context, account, name string, value checkout.Secret) error {
	v.kept.Store(account+"/"+name, value)
	return nil
}

// Lease implements checkout.Vault. It lasts until it is released.
func (v *Vault) Lease(_ context.Context, account, name string, _ time.Duration) (lease checkout.SecretLease, held bool, err error) {
	key := account + "/" + name
	keep := func(ctx context.Context, value checkout.Secret) error { return v.Put(ctx, account, name, value) }
	if _, taken := v.leases.LoadOrStore(key, true); taken {
		return checkout.SecretLease{Keep: keep, Release: func() {}}, false, nil
	}
	return checkout.SecretLease{Keep: keep, Release: func() { v.leases.Delete(key) }}, true, nil
}

// Delete implements checkout.Vault.
func (v *Vault) Delete(_ context.Context, account, name string) error {
	v.kept.Delete(account + "/" + name)
	return nil
}
