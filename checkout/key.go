package checkout

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scope is a permission of a key.
type Scope string

// The scopes.
const (
	ScopeRead    Scope = "read"    // whatever changes nothing
	ScopeWrite   Scope = "write"   // every other call except refunds and reviews
	ScopeRefunds Scope = "refunds" // create refunds, decide reviews
)

// Scopes are all scopes.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeRefunds} }

// APIKey is what is stored of a merchant's key: never the key itself.
type APIKey struct {
	ID         string
	MerchantID string
	Mode       Mode
	Name       string // for people
	Hash       string // hex SHA-256 of the key
	Hint       string // its last four characters
	Scopes     []Scope
	Addresses  []netip.Prefix // it may be used from; empty: from anywhere
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	RevokedAt  time.Time // zero: not revoked
	UsedAt     time.Time // within a minute; zero: never
}

// The errors of keys.
var (
	ErrKeyMissing = &Error{Kind: KindUnauthenticated, Code: "key_missing", Param: "Authorization", Detail: "Send your API key as \"Authorization: Bearer sk_…\"."}
	ErrKeyInvalid = &Error{Kind: KindUnauthenticated, Code: "key_invalid", Param: "Authorization", Detail: "This API key is not valid."}
	ErrKeyRevoked = &Error{Kind: KindUnauthenticated, Code: "key_invalid", Param: "Authorization", Detail: "This API key was revoked."}
	ErrKeyExpired = &Error{Kind: KindUnauthenticated, Code: "key_expired", Param: "Authorization", Detail: "This API key has expired."}
	ErrAddress    = &Error{Kind: KindForbidden, Code: "address_not_allowed", Detail: "This API key may not be used from this address."}
)

// Usable returns why a key may not be used at now from an address; nil when it
// may.
func (k APIKey) Usable(from netip.Addr, now time.Time) error {
	from = from.Unmap()
	switch {
	case !k.RevokedAt.IsZero():
		return ErrKeyRevoked
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return ErrKeyExpired
	case len(k.Addresses) > 0 && !slices.ContainsFunc(k.Addresses, func(p netip.Prefix) bool { return p.Contains(from) }):
		return ErrAddress
	}
	return nil
}

// Allows returns an error that names the scope if the key lacks it.
func (k APIKey) Allows(scope Scope) error {
	if slices.Contains(k.Scopes, scope) {
		return nil
	}
	return &Error{Kind: KindForbidden, Code: "scope_missing", Detail: "This API key lacks the " + string(scope) + " scope."}
}

// KeyStore stores API keys.
type KeyStore interface {
	Merchant(ctx context.Context, id string) (Merchant, error)
	Key(ctx context.Context, id string) (APIKey, error)

	// InsertKey stores a key. The key that it replaces, if any, expires at until.
	InsertKey(ctx context.Context, key APIKey, replaces string, until time.Time) error
}

// KeyParams is a request for a key, as text.
type KeyParams struct {
	MerchantID string
	Mode       Mode
	Name       string
	Scopes     []string // none: all, or those of the key that is replaced
	Addresses  []string // addresses and CIDR blocks; none: any, or those of the key that is replaced
	ExpiresAt  time.Time
	Replaces   string        // id of a key of the same merchant and mode
	Overlap    time.Duration // how long the replaced key still works
}

// CreateKey makes a key and returns its text, which is not stored.
func CreateKey(ctx context.Context, store KeyStore, params KeyParams, now time.Time) (Secret, APIKey, error) {
	before, err := replacedKey(ctx, store, &params, now)
	if err != nil {
		return "", APIKey{}, err
	}

	if _, err := store.Merchant(ctx, params.MerchantID); err != nil {
		if errors.Is(err, ErrNotFound) {
			return "", APIKey{}, Invalidf("merchant", "merchant_unknown", "Unknown merchant %q.", params.MerchantID)
		}
		return "", APIKey{}, err
	}

	text, key := NewAPIKey(params.MerchantID, params.Mode, now)
	key.Name = cmp.Or(params.Name, before.Name)
	key.ExpiresAt = params.ExpiresAt
	if before.ID != "" {
		key.Scopes, key.Addresses = before.Scopes, before.Addresses
	}

	if err := params.restrict(&key, now); err != nil {
		return "", APIKey{}, err
	}

	return text, key, store.InsertKey(ctx, key, params.Replaces, now.Add(params.Overlap))
}

// replacedKey returns the key to replace, if any, which must be of the same merchant
// and mode.
func replacedKey(ctx context.Context, store KeyStore, params *KeyParams, now time.Time) (APIKey, error) {
	if params.Replaces == "" {
		return APIKey{}, nil
	}

	before, err := store.Key(ctx, params.Replaces)
	if errors.Is(err, ErrNotFound) || (err == nil && params.MerchantID != "" && before.MerchantID != params.MerchantID) {
		return before, Invalidf("replaces", "key_unknown", "The merchant has no key %q.", params.Replaces)
	}
	if err != nil {
		return before, err
	}
	if !before.RevokedAt.IsZero() || (!before.ExpiresAt.IsZero() && !now.Before(before.ExpiresAt)) {
		return before, Invalidf("replaces", "key_ended", "%s has ended already.", params.Replaces)
	}
	if params.Overlap < 0 {
		return before, Invalidf("overlap", "overlap_invalid", "overlap must not be negative.")
	}

	params.MerchantID, params.Mode = before.MerchantID, before.Mode
	return before, nil
}

func (params KeyParams) restrict(key *APIKey, now time.Time) error {
	if key.Mode != ModeTest && key.Mode != ModeLive {
		return Invalidf("mode", "mode_invalid", "mode must be test or live.")
	}
	if err := checkText("name", key.Name, maxText); err != nil {
		return err
	}
	if !key.ExpiresAt.IsZero() && !now.Before(key.ExpiresAt) {
		return Invalidf("expires", "expires_invalid", "expires must be in the future.")
	}

	if len(params.Scopes) > 0 {
		key.Scopes = nil
	}

	for _, text := range params.Scopes {
		scope := Scope(text)
		if !slices.Contains(Scopes(), scope) {
			return Invalidf("scopes", "scopes_invalid", "Unknown scope %q: use read, write or refunds.", text)
		}

		if !slices.Contains(key.Scopes, scope) {
			key.Scopes = append(key.Scopes, scope)
		}
	}

	if len(params.Addresses) > 0 {
		key.Addresses = nil
	}

	for _, text := range params.Addresses {
		prefix, err := parsePrefix(text)
		if err != nil {
			return Invalidf("addresses", "addresses_invalid", "%q is neither an address nor a CIDR block.", text)
		}
		key.Addresses = append(key.Addresses, prefix)
	}

	return nil
}

func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}

const keySecretLength = 32

// NewAPIKey makes a key, "sk_test_…" or "sk_live_…", with all scopes: 160
// random bits and a checksum of six characters by which scanners can recognise a
// real key.
func NewAPIKey(merchantID string, mode Mode, now time.Time) (Secret, APIKey) {
	text := "sk_" + string(mode) + "_" + randomText(keySecretLength)
	text += keyChecksum(text)
	return Secret(text), APIKey{
		ID: NewID(keyPrefix), MerchantID: merchantID, Mode: mode, Scopes: Scopes(),
		Hash: HashAPIKey(text), Hint: text[len(text)-4:], CreatedAt: now,
	}
}

// ValidAPIKey reports by form and checksum whether text can be a key at all.
func ValidAPIKey(text string) bool {
	for _, mode := range []Mode{ModeTest, ModeLive} {
		body, found := strings.CutPrefix(text, "sk_"+string(mode)+"_")
		if found && len(body) == keySecretLength+6 {
			return keyChecksum(text[:len(text)-6]) == text[len(text)-6:]
		}
	}
	return false
}

// HashAPIKey returns the hash by which a key is stored and found. A plain hash is
// enough: a key has 160 random bits.
func HashAPIKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func keyChecksum(text string) string {
	sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(text)))&(1<<30-1), 32)
	return strings.Repeat("0", 6-len(sum)) + sum
}
