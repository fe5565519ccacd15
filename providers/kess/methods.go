package kess

import (
	"context"
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const (
	methodsFresh = 10 * time.Minute
	// methodsRetry is how long a failure to list is left alone.
	methodsRetry = 30 * time.Second
	listTimeout  = 10 * time.Second
)

// hostedOnly are the methods that a buyer reaches by the hosted link alone:
// their card data is entered there.
var hostedOnly = []string{cardMethod, "GOOGLEPAY"}

// icons are those of the methods that an icon represents better than letters.
var icons = map[string]string{cardMethod: "card", "KHQR": "khqr", "KESSKHQR": "khqr"}

// methodList is what an account's merchant has at KESS, as last loaded.
type methodList struct {
	listed  []client.PaymentMethod
	loaded  bool // listed is an answer of KESS's
	freshTo time.Time
	loading chan struct{} // closed when the request under way ends; nil: none is
}

// Methods implements checkout.Provider: "kess:BIC" for each method that KESS lists
// and the merchant wants, and "kess", the hosted link with all of them.
func (p *Provider) Methods(ctx context.Context, account checkout.Account, amount checkout.Money) ([]checkout.Method, error) {
	if amount.Currency != checkout.USD && amount.Currency != checkout.KHR {
		return nil, nil
	}
	settings, access, err := gatewayAccount(account)
	if err != nil {
		return nil, err
	}

	hosted := checkout.Method{ID: Name, Provider: Name, Name: "KESS", Kind: checkout.ActionRedirect}
	if !settings.Native {
		hosted.SavesCard = p.vault != nil && settings.offers(cardMethod)
		return []checkout.Method{hosted}, nil
	}

	var methods []checkout.Method
	all, ok := p.listMethods(ctx, access)
	for _, listed := range all {
		if !bic.MatchString(listed.BIC) || !settings.offers(listed.BIC) {
			continue
		}

		method := checkout.Method{
			ID: Name + ":" + listed.BIC, Provider: Name, Name: listed.Title,
			LogoURL: safeLink(listed.LogoURL, "https", "http"), Icon: icons[listed.BIC], Kind: checkout.ActionQRCode,
		}
		if slices.Contains(hostedOnly, listed.BIC) {
			method.Kind = checkout.ActionRedirect
		}

		method.SavesCard = listed.BIC == cardMethod && p.vault != nil
		methods = append(methods, method)
	}

	methods = append(methods, hosted)
	if !ok {
		return methods, checkout.ErrMethodsIncomplete
	}

	return methods, nil
}

// listMethods returns the account's methods as last loaded. A stale list is served
// while a new one is asked for; only the first caller of all waits. known is
// false as long as none was loaded.
func (p *Provider) listMethods(ctx context.Context, access client.Account) (methods []client.PaymentMethod, known bool) {
	p.methodsMu.Lock()
	key := access.ID + " " + access.BaseURL + " " + access.SellerCode
	list, found := p.methods[key]
	if !found {
		list = &methodList{}
		p.methods[key] = list
	}

	if list.loading == nil && !p.now().Before(list.freshTo) {
		list.loading = make(chan struct{})
		go p.refreshMethods(context.WithoutCancel(ctx), access, list)
	}

	listed, loaded, loading := list.listed, list.loaded, list.loading
	p.methodsMu.Unlock()
	if loaded || loading == nil {
		return listed, loaded
	}

	select {
	case <-loading:
	case <-ctx.Done():
	}

	p.methodsMu.Lock()
	defer p.methodsMu.Unlock()

	return list.listed, list.loaded
}

func (p *Provider) refreshMethods(ctx context.Context, access client.Account, known *methodList) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()

	listed, err := p.fetchMethods(ctx, access)
	p.methodsMu.Lock()
	defer p.methodsMu.Unlock()

	if err != nil {
		p.log.Warn("list KESS payment methods", "account", access.ID, "error", err)
		known.freshTo = p.now().Add(methodsRetry)
	} else {
		known.listed, known.loaded, known.freshTo = listed, true, p.now().Add(methodsFresh)
	}

	close(known.loading)
	known.loading = nil
}

func (p *Provider) fetchMethods(ctx context.Context, access client.Account) (listed []client.PaymentMethod, err error) {
	defer checkout.Contain(p.log, "provider "+Name, &err) // nobody above this goroutine could
	err = p.client.Call(ctx, access, client.GetPaymentMethods, nil, &listed)
	return listed, err
}

// findMethod looks a listed method up by its BIC.
func (p *Provider) findMethod(ctx context.Context, access client.Account, bic string) (client.PaymentMethod, bool) {
	listed, _ := p.listMethods(ctx, access)
	at := slices.IndexFunc(listed, func(m client.PaymentMethod) bool { return m.BIC == bic })
	if at < 0 {
		return client.PaymentMethod{}, false
	}
	return listed[at], true
}
