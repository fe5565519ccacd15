package pages

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// sealer turns texts into tokens for addresses: who has one can neither read
// the text in it nor make another. Equal texts have equal tokens, so addresses
// are stable and every replica makes the same.
type sealer struct {
	nonceKey []byte
	box      cipher.AEAD
}

// newSealer has keys of its own for each purpose; nil without a key.
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

// nonce comes from the text, so that it is never used for two texts.
func (s *sealer) nonce(text string) []byte {
	mac := hmac.New(sha256.New, s.nonceKey)
	mac.Write([]byte(text))
	return mac.Sum(nil)[:s.box.NonceSize()]
}

// seal is empty without a key.
func (s *sealer) seal(text string) string {
	if s == nil {
		return ""
	}
	nonce := s.nonce(text)
	return base64.RawURLEncoding.EncodeToString(s.box.Seal(nonce, nonce, []byte(text), nil))
}

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
