package checkout

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// Merchant is who is paid.
type Merchant struct {
	ID             string
	Name           string
	LogoURL        string
	Accent         string // "#rrggbb"
	SupportContact string
	TermsURL       string
	ReturnHosts    []string // hosts that success and cancel URLs may be on
	Methods        []string // the preferred order of methods; others follow
	LatePayments   LatePolicy
}

// LatePolicy decides about money that was paid after its session closed.
type LatePolicy string

// The policies.
const (
	LateReview LatePolicy = "review" // the merchant decides each time
	LateAccept LatePolicy = "accept" // the session completes
)

// AllowsReturnTo tells whether host (with its port, if any) is one of the
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

// WebhookEndpoint is where a merchant hears of events.
type WebhookEndpoint struct {
	ID         string
	MerchantID string
	Mode       Mode
	URL        string
	Secret     Secret // "whsec_…", Standard Webhooks
	Disabled   bool
}

// APIKey is what is kept of a merchant's key: never the key itself.
type APIKey struct {
	ID         string
	MerchantID string
	Mode       Mode
	Hash       string // hex SHA-256 of the key
	Hint       string // its last four characters
	CreatedAt  time.Time
}

const keySecretLength = 32

// NewAPIKey makes a key, "sk_test_…" or "sk_live_…": 160 random bits and a
// checksum of six characters by which scanners can tell a real key.
func NewAPIKey(merchantID string, mode Mode, now time.Time) (Secret, APIKey) {
	text := "sk_" + string(mode) + "_" + randomText(keySecretLength)
	text += keyChecksum(text)
	return Secret(text), APIKey{
		ID: newID(keyPrefix), MerchantID: merchantID, Mode: mode,
		Hash: HashAPIKey(text), Hint: text[len(text)-4:], CreatedAt: now,
	}
}

// ValidAPIKey tells by form and checksum whether text can be a key at all.
func ValidAPIKey(text string) bool {
	for _, mode := range []Mode{Test, Live} {
		body, found := strings.CutPrefix(text, "sk_"+string(mode)+"_")
		if found && len(body) == keySecretLength+6 {
			return keyChecksum(text[:len(text)-6]) == text[len(text)-6:]
		}
	}
	return false
}

// HashAPIKey is how keys are kept and found. A plain hash is enough: a key has
// 160 random bits.
func HashAPIKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func keyChecksum(text string) string {
	sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(text)))&(1<<30-1), 32)
	return strings.Repeat("0", 6-len(sum)) + sum
}

// newWebhookSecret makes a Standard Webhooks secret: "whsec_" and 192 random
// bits in base64.
func newWebhookSecret() Secret {
	key := make([]byte, 24)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the process instead
	return Secret("whsec_" + base64.StdEncoding.EncodeToString(key))
}
