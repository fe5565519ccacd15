package checkout

import "strings"

// Merchant is who is paid.
type Merchant struct {
	ID             string
	Name           string
	LogoURL        string
	Accent         string // "#rrggbb"
	SupportContact string
	TermsURL       string
	ReturnHosts    []string // hosts that success and cancel URLs may be on
	FrameHosts     []string // hosts whose pages may show the checkout in a frame
	Methods        []string // the preferred order of methods; others follow
	LatePayments   LatePolicy
	FixedTime      bool // buyers get no more time than their session began with
	Exchange       Exchange
}

// LatePolicy decides about money that was paid after its session closed.
type LatePolicy string

// The policies.
const (
	LateReview LatePolicy = "review" // the merchant decides each time
	LateAccept LatePolicy = "accept" // the session completes
)

// AllowsReturnTo reports whether host (with its port, if any) is one of the
// merchant's. A listed host without a port allows every port of it.
func (m Merchant) AllowsReturnTo(host string) bool {
	host = strings.ToLower(host)
	name := host
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		name = host[:at]
	}

	for _, allowed := range m.ReturnHosts {
		if allowed = strings.ToLower(allowed); allowed == host || allowed == name {
			return true
		}
	}

	return false
}
