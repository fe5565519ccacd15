//go:build e2e

package e2e

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"
	"time"
)

// balancer is a load balancer: each request goes to another server, one that is
// ready if there is any.
type balancer struct {
	url     string
	stopped chan struct{}

	mu      sync.Mutex
	servers []string // addresses
	ready   map[string]bool
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{ready: map[string]bool{}, stopped: make(chan struct{})}
	proxy := &httputil.ReverseProxy{
		Transport: b,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Host = r.In.Host
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "replica"
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	b.url = server.URL

	var checks sync.WaitGroup
	checks.Go(b.check)
	t.Cleanup(func() {
		close(b.stopped)
		checks.Wait()
		server.Close()
	})
	return b
}

func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers = append(b.servers, address)
}

// inOrder returns the servers in a random order, those that are ready first.
func (b *balancer) inOrder() []string {
	b.mu.Lock()
	defer b.mu.Unlock()

	servers := slices.Clone(b.servers)
	rand.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
	slices.SortStableFunc(servers, func(x, y string) int {
		switch {
		case b.ready[x] == b.ready[y]:
			return 0
		case b.ready[x]:
			return -1
		}
		return 1
	})
	return servers
}

var balancerTransport = &http.Transport{MaxIdleConnsPerHost: 32, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext}

// RoundTrip sends a request to one server, and to another when that one cannot be
// reached: it has received nothing then.
func (b *balancer) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	for _, server := range b.inOrder() {
		r.URL.Host = server
		answer, err = balancerTransport.RoundTrip(r)
		var failed *net.OpError
		if err == nil || !errors.As(err, &failed) || failed.Op != "dial" {
			return answer, err
		}
	}
	return nil, err
}

// check asks all servers whether they are ready, until the test ends.
func (b *balancer) check() {
	client := &http.Client{Timeout: 500 * time.Millisecond}
	for {
		for _, server := range b.inOrder() {
			answer, err := client.Get("http://" + server + "/readyz")
			ready := err == nil && answer.StatusCode == http.StatusOK
			if err == nil {
				_ = answer.Body.Close()
			}

			b.mu.Lock()
			b.ready[server] = ready
			b.mu.Unlock()
		}

		select {
		case <-b.stopped:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}
