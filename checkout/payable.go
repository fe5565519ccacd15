package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrMethodsIncomplete comes with a provider's methods when it could not be
// asked for all of them: those that came can be offered, and of another it is
// not known whether it could.
var ErrMethodsIncomplete = errors.New("the provider could not be asked for all of its methods")

// payableTimeout bounds how long making a session or link waits for a provider's
// list of methods. A merchant's server waits, and what the list would have
// refused is said on the page then.
const payableTimeout = time.Second

// payable is what of a merchant's methods can take some amounts of money.
type payable struct {
	service  *Service
	mode     Mode
	accounts []Account
	amounts  []Money // each may be what is paid
	lists    map[string]methodList
}

// methodList lists the methods that a provider offers for some amounts.
type methodList struct {
	methods []Method
	unsure  bool // there may be more
}

func (s *Service) payable(ctx context.Context, merchantID string, mode Mode, amounts ...Money) (*payable, error) {
	accounts, err := s.store.Accounts(ctx, merchantID, mode)                         // those that are switched off are not among them
	amounts = slices.DeleteFunc(amounts, func(m Money) bool { return m.Minor == 0 }) // was wrong itself, which is reported
	return &payable{service: s, mode: mode, accounts: accounts, amounts: amounts, lists: map[string]methodList{}}, err
}

// methodsOf gets a provider's methods for any of the amounts, and remembers them.
func (p *payable) methodsOf(ctx context.Context, provider string) methodList {
	if list, done := p.lists[provider]; done {
		return list
	}

	var list methodList
	if at := p.account(provider); at != nil {
		for _, amount := range p.amounts {
			methods, err := Contained(p.service.LogFor(ctx), provider, func() ([]Method, error) {
				return p.service.providers[provider].Methods(ctx, *at, amount)
			})
			list.methods = append(list.methods, methods...)
			list.unsure = list.unsure || err != nil
		}
	}

	p.lists[provider] = list
	return list
}

func (p *payable) account(provider string) *Account {
	if at := slices.IndexFunc(p.accounts, func(a Account) bool { return a.Provider == provider }); at >= 0 {
		return &p.accounts[at]
	}
	return nil
}

// possible names all methods that can be offered, for a merchant to read;
// nothing when the amount is not known.
func (p *payable) possible(ctx context.Context) string {
	if len(p.amounts) == 0 {
		return ""
	}

	var ids []string
	for _, provider := range p.service.order {
		for _, method := range p.methodsOf(ctx, provider).methods {
			if !slices.Contains(ids, method.ID) {
				ids = append(ids, method.ID)
			}
		}
	}

	if len(ids) == 0 {
		return " None is possible."
	}

	return " Possible are: " + strings.Join(ids, ", ") + "."
}

// any reports whether one of the wanted methods can be offered, or may be; of
// all when none is wanted in particular.
func (p *payable) any(ctx context.Context, wanted []string) bool {
	return slices.ContainsFunc(p.service.order, func(provider string) bool {
		list := p.methodsOf(ctx, provider)
		return list.unsure || slices.ContainsFunc(list.methods, func(m Method) bool { return len(wanted) == 0 || allows(wanted, m) })
	})
}

// check refuses methods that could not be paid with, and says which could. A
// provider that cannot be reached is given the benefit of the doubt.
func (p *payable) check(ctx context.Context, wanted []string) error {
	ctx, cancel := context.WithTimeout(ctx, payableTimeout)
	defer cancel()

	if wanted == nil {
		if len(p.amounts) == 0 || p.any(ctx, nil) {
			return nil
		}
		if len(p.accounts) == 0 {
			return Invalidf("payment_methods", "payment_method_unavailable", "There is no payment method in %s mode yet.", p.mode)
		}

		return Invalidf("payment_methods", "payment_method_unavailable", "None of your payment methods can take %s.", p.amountsText())
	}

	if len(wanted) == 0 {
		return Invalidf("payment_methods", "payment_methods_empty", "payment_methods must not be empty; leave it out for all.%s", p.possible(ctx))
	}

	var wrong []error
	for i, id := range wanted {
		wrong = append(wrong, p.checkOne(ctx, fmt.Sprintf("payment_methods[%d]", i), id))
	}

	return errors.Join(wrong...)
}

func (p *payable) checkOne(ctx context.Context, param, id string) error {
	provider := p.service.providerOfMethod(id)
	if provider == "" {
		return Invalidf(param, "payment_method_unknown", "Unknown payment method %q.%s", id, p.possible(ctx))
	}
	if p.account(provider) == nil {
		return Invalidf(param, "payment_method_unavailable", "%s is not set up in %s mode.%s", id, p.mode, p.possible(ctx))
	}

	list := p.methodsOf(ctx, provider)
	if list.unsure || len(p.amounts) == 0 || slices.ContainsFunc(list.methods, func(m Method) bool { return allows([]string{id}, m) }) {
		return nil
	}
	if len(list.methods) > 0 {
		return Invalidf(param, "payment_method_unknown", "Unknown payment method %q.%s", id, p.possible(ctx))
	}

	return Invalidf(param, "payment_method_unavailable", "%s cannot take %s.%s", id, p.amountsText(), p.possible(ctx))
}

// providerOfMethod returns the name of the provider that a method's id belongs
// to, which may also be that name; empty when there is none.
func (s *Service) providerOfMethod(id string) string {
	base, _, _ := strings.Cut(id, ":")
	for name, provider := range s.providers {
		if name == base || slices.Contains(provider.Info().Methods, base) {
			return name
		}
	}
	return ""
}

// amountsText returns the amount, or the lowest and the highest that a buyer can
// choose, as text.
func (p *payable) amountsText() string {
	var texts []string
	for _, amount := range p.amounts {
		texts = append(texts, amount.String())
	}
	return strings.Join(texts, " or ")
}
