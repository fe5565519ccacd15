package cmd

import (
	"context"
	"errors"
	"strings"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

// apiFlags say which server is talked to, as which merchant.
type apiFlags struct {
	API string          `help:"Address of the server." default:"http://127.0.0.1:8080" env:"RIELTIME_API" placeholder:"URL"`
	Key checkout.Secret `help:"Test API key." env:"RIELTIME_API_KEY" placeholder:"sk_test_…"`
}

// client refuses live keys: what these commands do is for developing.
func (f apiFlags) client() (*client.Client, error) {
	if !strings.HasPrefix(f.Key.Reveal(), "sk_test_") {
		return nil, errors.New("a test API key is needed: set RIELTIME_API_KEY to one that begins with sk_test_")
	}
	return client.New(f.API, f.Key.Reveal()), nil
}

func eventNames() string {
	var names []string
	for _, name := range checkout.EventTypes() {
		names = append(names, string(name))
	}
	return strings.Join(names, ", ")
}

func lastSequence(ctx context.Context, api *client.Client) (last int64, err error) {
	for event, err := range api.AllEvents(ctx, client.EventQuery{Limit: 100}) {
		if err != nil {
			return 0, err
		}
		last = event.Sequence
	}
	return last, nil
}
