package client

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"rieltime/checkout"
)

// Expiry reads the exp of a JWT (RFC 7519 §4.1.4) without verifying it; zero
// when it has none.
func Expiry(token checkout.Secret) time.Time {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}
	}

	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}
	}

	var claims struct {
		Expires json.Number `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return time.Time{}
	}

	seconds, err := claims.Expires.Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}
	}

	return time.Unix(seconds, 0).UTC()
}
