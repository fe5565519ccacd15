package pages

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// sealer encrypts texts into tokens for addresses: whoever has a token can neither
// read its text nor make another. Equal texts give equal tokens, so addresses are
// stable and the same on every replica.
type sealer struct {
	nonceKey []byte
	box      cipher.AEAD
}

// newSealer derives keys of their own for each purpose. It returns nil, which
// seals and opens nothing, without a key.
func newSealer(key []byte, purpose string) *sealer {
	if len(key) == 0 {
		return nil
	}

	derive := func(use string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("rieltime " + purpose + " " + use))
		return mac.Sum(nil)
	}

	block, err := aes.NewCipher(derive("seal"))
	if err != nil {
		panic(err) // the key has the right length
	}

	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block size
	}

	return &sealer{derive("nonce"), box}
}

// nonce is derived from the text, so that no two texts share one.
func (s *sealer) nonce(text string) []byte {
	mac := hmac.New(sha256.New, s.nonceKey)
	mac.Write([]byte(text))
	return mac.Sum(nil)[:s.box.NonceSize()]
}

// seal returns the token of a text; empty for a nil sealer.
func (s *sealer) seal(text string) string {
	if s == nil {
		return ""
	}
	nonce := s.nonce(text)
	return base64.RawURLEncoding.EncodeToString(s.box.Seal(nonce, nonce, []byte(text), nil))
}

// open returns the text of a token that this sealer made.
func (s *sealer) open(token string) (text string, ok bool) {
	if s == nil {
		return "", false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(sealed) < s.box.NonceSize() {
		return "", false
	}
	plain, err := s.box.Open(nil, sealed[:s.box.NonceSize()], sealed[s.box.NonceSize():], nil)
	return string(plain), err == nil
}
