package dashboard

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/web/templates/dashboard"
)

// filterNames are the filters of the list of payments that an address may have.
var filterNames = []string{"q", "status", "method", "provider", "currency", "from", "to", "paid"}

// paymentFilters are the filters of a list as they were typed or chosen.
type paymentFilters map[string]string

// readFilters takes the known filters of an address, each once. review=1 is a short form
// of status=review.
func readFilters(query url.Values) paymentFilters {
	filters := paymentFilters{}
	for _, name := range filterNames {
		if value := strings.TrimSpace(query.Get(name)); value != "" {
			filters[name] = value
		}
	}
	if query.Get("review") == "1" && filters["status"] == "" {
		filters["status"] = string(checkout.StateReview)
	}
	return filters
}

// query is the filters as part of an address.
func (f paymentFilters) query() url.Values {
	query := url.Values{}
	for name, value := range f {
		query.Set(name, value)
	}
	return query
}

// address is that of the list with these filters and one more parameter, if it has a name.
func (f paymentFilters) address(path, name, value string) string {
	query := f.query()
	if name != "" {
		query.Set(name, value)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// parse returns what the filters select: those that are chosen beside the search box and
// those typed in it. Where both say something, what was typed counts.
func (f paymentFilters) parse() (checkout.PaymentFilter, error) {
	words := []string{f["q"]}
	for _, name := range filterNames[1:] {
		if value := f[name]; value != "" {
			if strings.ContainsAny(value, "\" \t\r\n") {
				return checkout.PaymentFilter{}, &checkout.SearchError{Code: checkout.SearchUnknownWord, Word: value}
			}
			words = append([]string{name + ":" + value}, words...)
		}
	}
	return checkout.ParsePaymentSearch(strings.Join(words, " "))
}

// searchProblem says in the viewer's language why a search is not understood.
func searchProblem(lang string, err error) (text string, is bool) {
	var search *checkout.SearchError
	if !errors.As(err, &search) {
		return "", false
	}
	return dashboard.T(lang, "search.problem_"+search.Code, "word", search.Word), true
}

// A position in the address of a list is its time and its id.
func positionText(p checkout.Position) string {
	return strconv.FormatInt(p.At.UnixMilli(), 10) + "." + p.ID
}

func parsePosition(text string) (checkout.Position, error) {
	if text == "" {
		return checkout.Position{}, nil
	}
	at, id, _ := strings.Cut(text, ".")
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil || millis <= 0 || id == "" || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return checkout.Position{}, checkout.ErrNotFound
	}
	return checkout.Position{At: time.UnixMilli(millis).UTC(), ID: id}, nil
}

// filterFields are the choices beside the search box.
func (s *Server) filterFields(v viewer, filters paymentFilters) []dashboard.Field {
	all := dashboard.Option{Text: dashboard.T(v.lang, "filter.all")}
	statuses, currencies := []dashboard.Option{all}, []dashboard.Option{all}
	for _, state := range checkout.PaymentStates() {
		statuses = append(statuses, dashboard.Option{Value: string(state), Text: dashboard.T(v.lang, "state."+string(state))})
	}
	for _, currency := range checkout.Currencies() {
		currencies = append(currencies, dashboard.Option{Value: string(currency), Text: dashboard.T(v.lang, "currency."+string(currency))})
	}

	return []dashboard.Field{
		{Name: "status", Label: dashboard.T(v.lang, "payments.state"), Kind: dashboard.FieldSelect, Value: filters["status"], Options: statuses},
		{Name: "method", Label: dashboard.T(v.lang, "payments.method"), Kind: dashboard.FieldSelect, Value: filters["method"], Options: s.methodOptions(all, filters["method"])},
		{Name: "currency", Label: dashboard.T(v.lang, "payments.currency"), Kind: dashboard.FieldSelect, Value: filters["currency"], Options: currencies},
		{Name: "from", Label: dashboard.T(v.lang, "payments.from"), Kind: "date", Value: dayText(filters["from"])},
		{Name: "to", Label: dashboard.T(v.lang, "payments.to"), Kind: "date", Value: dayText(filters["to"])},
		{Name: "paid", Label: dashboard.T(v.lang, "payments.paid"), Kind: "date", Value: dayText(filters["paid"])},
	}
}

// methodOptions are the methods of all providers, and the chosen one if it is none.
func (s *Server) methodOptions(all dashboard.Option, chosen string) []dashboard.Option {
	options := []dashboard.Option{all}
	known := chosen == ""
	for _, provider := range s.service.ProviderNames() {
		for _, method := range s.service.ProviderInfo(provider).Methods {
			options = append(options, dashboard.Option{Value: method, Text: s.methodName(provider, method)})
			known = known || method == chosen
		}
	}
	if !known {
		options = append(options, dashboard.Option{Value: chosen, Text: chosen})
	}
	return options
}

func dayText(text string) string {
	if _, err := cambodia.ParseDay(text); err != nil {
		return ""
	}
	return text
}

var errView = &checkout.Error{Kind: checkout.KindInvalid, Code: "view_invalid", Param: "query", Detail: "These filters cannot be kept."}

func urlQuery(text string) (url.Values, error) {
	query, err := url.ParseQuery(text)
	if err != nil {
		return nil, errView
	}
	return query, nil
}
