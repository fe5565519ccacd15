package cmd

import (
	"context"
	"errors"
	"strings"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

// apiFlags select the server and the merchant to call it as.
type apiFlags struct {
	API string          `help:"Address of the server." default:"http://127.0.0.1:8080" env:"RIELTIME_API" placeholder:"URL"`
	Key checkout.Secret `help:"Test API key." env:"RIELTIME_API_KEY" placeholder:"sk_test_…"`
}

// client returns a client for a test key. It refuses live keys, because the
// commands that use it are for development.
func (f apiFlags) client() (*client.Client, error) {
	if !strings.HasPrefix(f.Key.Reveal(), "sk_test_") {
		return nil, errors.New("a test API key is required: set RIELTIME_API_KEY to a key that begins with sk_test_")
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

// lastSequence returns the sequence of the newest event, 0 when there is none.
func lastSequence(ctx context.Context, api *client.Client) (last int64, err error) {
	for event, err := range api.AllEvents(ctx, client.EventQuery{Limit: 100}) {
		if err != nil {
			return 0, err
		}
		last = event.Sequence
	}
	return last, nil
}
