// Package outbound makes requests to addresses that strangers chose: a
// merchant's webhook endpoint, a logo on somebody's host.
package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrNotAllowed is why a connection inside was refused.
var ErrNotAllowed = errors.New("the address is not on the public internet")

// NewClient is a client that checks where each connection really goes, follows
// no redirect, and uses no proxy, which would make connections that it cannot
// check. Connecting may take as long as timeout; a request is bounded by its
// context. With allowPrivate it connects to addresses inside too.
func NewClient(timeout time.Duration, allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: timeout}
	if !allowPrivate {
		dialer.Control = onlyPublic
	}
	return clientOf(dialer, timeout)
}

func clientOf(dialer *net.Dialer, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    timeout,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 16 << 10,
			DisableCompression:     true, // an answer is never unpacked
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// onlyPublic refuses a connection to an address inside. It sees the address
// that the name has been resolved to, so a name that changes its mind between
// a check and the connection gains nothing.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(target.Addr()) {
		return ErrNotAllowed
	}
	return nil
}

// globalIPv6 is all that is assigned for the public internet (RFC 4291,
// section 2.4); loopback, link-local, unique local, multicast, NAT64 and
// IPv4-compatible addresses are outside it.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// special are the blocks that are not globally reachable, or that carry
// another address inside (IANA special-purpose address registries, RFC 6890).
var special = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, metadata services of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocol assignments, Teredo
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}

func isPublic(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsValid() || address.Zone() != "" || (address.Is6() && !globalIPv6.Contains(address)) {
		return false
	}
	for _, prefix := range special {
		if prefix.Contains(address) {
			return false
		}
	}
	return true
}
