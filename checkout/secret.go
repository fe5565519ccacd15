package checkout

import (
	"crypto/subtle"
	"log/slog"
)

// Secret is text that never shows itself: it prints, logs and encodes as
// "[redacted]". Reveal gives the text.
type Secret string

const redacted = "[redacted]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Equal compares in constant time.
func (s Secret) Equal(other string) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(other)) == 1
}

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText lets settings files and JSON carry secrets in.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}
