package checkout

import (
	"crypto/rand"
	"strings"
)

// Prefixes of the ids Rieltime makes.
const (
	sessionPrefix  = "cs_"
	paymentPrefix  = "pay_"
	eventPrefix    = "evt_"
	endpointPrefix = "we_"
	deliveryPrefix = "del_"
	accountPrefix  = "acct_"
	keyPrefix      = "key_"
)

const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID makes an id of 24 random characters (120 bits) behind its prefix; a
// session's id is the buyer's only credential, so it must not be guessable.
func NewID(prefix string) string { return prefix + randomText(idLength) }

const idLength = 24

// NewReference makes the reference a provider knows a payment by: 20
// characters, digits and upper-case letters, ending in a letter. Providers allow
// 25 characters or more. Its fixed length and last letter keep signatures that
// join fields without separators unambiguous.
func NewReference() string {
	return "R" + strings.ToUpper(randomText(18)) + "Z"
}

func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the process instead
	return idText(b)
}

// idText writes five bits of each byte as a character.
func idText(b []byte) string {
	text := make([]byte, len(b))
	for i := range b {
		text[i] = idAlphabet[b[i]&31]
	}
	return string(text)
}

// NewDeliveryID makes the id of a Delivery.
func NewDeliveryID() string { return NewID(deliveryPrefix) }
