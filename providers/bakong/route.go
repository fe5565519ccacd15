package bakong

import (
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
	"rieltime/providers/bakong/internal/relay"
	"rieltime/providers/wire"
)

const maxRelays = 64 // of how many a client is kept

// routes makes the clients of accounts, which call Bakong directly or through a relay.
type routes struct {
	wire *wire.Client // for all calls without an identity
	now  func() time.Time

	mu     sync.Mutex
	relays map[checkout.Secret]*wire.Client // by identity
}

// address is where an account's calls go.
func (s Settings) address() string {
	if s.Upstream != "" {
		return s.Upstream
	}
	return s.BaseURL
}

// client is a client without a token.
func (r *routes) client(s Settings) (client.Client, error) {
	api := client.Client{Wire: r.wire, BaseURL: s.address(), Now: r.now}
	if s.Upstream == "" {
		return api, nil
	}

	address, err := checkout.ParseWebURL(s.Upstream)
	if err != nil {
		return api, err
	}
	api.Relay = address.Host
	if s.UpstreamIdentity != "" {
		api.Wire, err = r.relay(s.UpstreamIdentity)
	}
	return api, err
}

// relay is the client of those who have an identity: its connections are kept.
func (r *routes) relay(line checkout.Secret) (*wire.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, ok := r.relays[line]; ok {
		return kept, nil
	}

	identity, err := relay.ParseLine(line)
	if err != nil {
		return nil, err
	}
	config, err := relay.ClientTLS(identity)
	if err != nil {
		return nil, err
	}
	if r.relays == nil || len(r.relays) >= maxRelays {
		r.relays = map[checkout.Secret]*wire.Client{}
	}
	r.relays[line] = wire.NewTLS(0, config)
	return r.relays[line], nil
}
