// Package request reads what every part of the server needs to know about a
// request: its id, its client's address, and whether an id in it is well formed.
package request

import (
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// ID returns the id that the server gave the request.
func ID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// ClientAddress returns the address that a rate limit counts: the client's, for
// IPv6 the /64 network of one subscriber.
func ClientAddress(c echo.Context) string {
	address, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return c.RealIP()
	}

	address = address.Unmap()
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}

	return address.String()
}

// Prefixes of the ids that both the API and the pages read.
const (
	SessionPrefix = "cs_"
	PaymentPrefix = "pay_"
	LinkPrefix    = "pl_"
)

// maxID is the longest id, in bytes.
const maxID = 64

// CheckID returns checkout.ErrNotFound for an id that no object of this prefix
// can have, so that the store is not asked for it.
func CheckID(id, prefix string) error {
	if !strings.HasPrefix(id, prefix) || len(id) > maxID || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return checkout.ErrNotFound
	}
	return nil
}

// PathID returns the id in a parameter of the path, or checkout.ErrNotFound when
// no object of this prefix can have it.
func PathID(c echo.Context, param, prefix string) (string, error) {
	id := c.Param(param)
	return id, CheckID(id, prefix)
}
