package bakongsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// tokenLifetime is the document's 90 days.
const tokenLifetime = 90 * 24 * time.Hour

// signingKey makes the simulator's tokens its own; it protects nothing.
const signingKey = "bakong simulator"

type claims struct {
	Data    subject `json:"data"`
	Expires int64   `json:"exp"`
	Issued  int64   `json:"iat"`
}

type subject struct {
	ID string `json:"id"`
}

// newToken returns a JWT (RFC 7519, HS256).
func newToken(email string, issued, expires time.Time) string {
	payload, err := json.Marshal(claims{subject{email}, expires.Unix(), issued.Unix()})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	body := head + "." + base64.RawURLEncoding.EncodeToString(payload)
	return body + "." + sign(body)
}

// sign returns the signature of a token.
func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// tokenOwner returns the e-mail address of a token that the simulator issued and
// that has not expired.
func tokenOwner(token string, now time.Time) (email string, ok bool) {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || !hmac.Equal([]byte(sign(token[:end])), []byte(token[end+1:])) {
		return "", false
	}

	_, encoded, _ := strings.Cut(token[:end], ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", false
	}

	var c claims
	if json.Unmarshal(payload, &c) != nil || now.Unix() >= c.Expires {
		return "", false
	}

	return c.Data.ID, true
}
