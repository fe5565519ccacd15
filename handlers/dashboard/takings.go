package dashboard

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// takingsOf returns those of the viewer's merchant and mode on some days.
func (s *Server) takingsOf(ctx context.Context, v viewer, from, to cambodia.Day, by checkout.TakingsPart) ([]checkout.Takings, error) {
	return s.store.Takings(ctx, v.merchant.ID, v.mode, checkout.TakingsQuery{From: from, To: to, By: by})
}

func ofCurrency(all []checkout.Takings, currency checkout.Currency) (found []checkout.Takings) {
	for _, t := range all {
		if t.Currency == currency {
			found = append(found, t)
		}
	}
	return found
}

// ofMethod returns the takings of one method among those of a currency.
func ofMethod(all []checkout.Takings, method string) (sum checkout.Takings) {
	for _, t := range all {
		if t.Method == method {
			sum = sum.Add(t)
		}
	}
	return sum
}

func total(all []checkout.Takings, currency checkout.Currency) checkout.Takings {
	sum := checkout.Takings{Currency: currency}
	for _, t := range all {
		sum = sum.Add(t)
	}
	return sum
}

// methodName is how people know a method: by its provider, and what distinguishes it from the
// provider's others.
func (s *Server) methodName(provider, method string) string {
	name := s.service.ProviderInfo(provider).Name
	if method == provider {
		return name
	}
	_, part, found := strings.Cut(method, ":")
	if !found {
		part = method
	}
	return name + " · " + strings.ToUpper(strings.ReplaceAll(part, "_", " "))
}

// figures makes amounts of one currency that lead to the list of payments.
type figures struct {
	v        viewer
	currency checkout.Currency
	prefix   string // of the ids on the page
}

// taken is what was taken by a method, or by all, on a day.
func (f figures) taken(method string, day cambodia.Day, t checkout.Takings) dashboard.Figure {
	figure := f.figure("taken-"+method+"-"+day.String(), t.Taken)
	if t.Taken.Count != 0 {
		figure.URL = f.list(day, "status", "taken", "method", method)
	}
	return figure
}

// review is what waits for a decision.
func (f figures) review(t checkout.Takings) dashboard.Figure {
	figure := f.figure("review", t.InReview)
	if t.InReview.Count != 0 {
		figure.URL = f.v.path("/payments?review=1")
	}
	return figure
}

func (f figures) refunded(day cambodia.Day, t checkout.Takings) dashboard.Figure {
	figure := f.figure("refunded-"+day.String(), t.Refunded)
	if t.Refunded.Count != 0 {
		figure.URL = f.v.pathFor(users.Export, "/close?day="+day.String())
	}
	return figure
}

func (f figures) figure(id string, sum checkout.Sum) dashboard.Figure {
	figure := dashboard.Figure{ID: f.prefix + "-" + strings.ReplaceAll(id, ":", "-"), Amount: templates.FormatAmount(f.v.lang, string(f.currency), sum.Minor)}
	if sum.Count != 0 {
		figure.Count = "× " + strconv.FormatInt(sum.Count, 10)
	}
	return figure
}

// list is the address of the payments that were paid on a day in this currency, with more filters: pairs
// of name and value, of which empty ones are none.
func (f figures) list(day cambodia.Day, filters ...string) string {
	query := url.Values{"currency": {string(f.currency)}, "paid": {day.String()}}
	for i := 0; i+1 < len(filters); i += 2 {
		if filters[i+1] != "" {
			query.Set(filters[i], filters[i+1])
		}
	}
	return f.v.path("/payments?" + query.Encode())
}
