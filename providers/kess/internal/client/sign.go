package client

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"rieltime/checkout"
)

// The sign types of the document ("Signature"). Any other is refused: PHP's
// makeSign would return the text together with the key in clear.
const (
	MD5        = "MD5"
	HMACSHA256 = "HMAC-SHA256"
)

var (
	errSignType = errors.New("sign_type must be MD5 or HMAC-SHA256")
	// ErrSign says that a message's sign is absent or not made with our key.
	ErrSign = errors.New("the sign is wrong")
)

// Params are the top-level fields of a message, as JSON decodes them with its
// numbers kept as text: string, json.Number, bool, nil, []any, map[string]any.
type Params map[string]any

// ParseJSON reads a message's fields from a JSON object.
func ParseJSON(text []byte) (Params, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}

	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var params Params
	if err := decoder.Decode(&params); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON object")
	}
	if params == nil {
		return nil, errors.New("not a JSON object")
	}

	return params, nil
}

// ParseForm reads a message's fields from a form body, as the text that came.
// Nested fields ("seller[code]") are arrays to PHP and left out; a field that
// appears twice is refused.
func ParseForm(body []byte) (Params, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("not a form: %w", err)
	}

	params := Params{}
	for name, all := range values {
		if strings.Contains(name, "[") {
			continue
		}
		if len(all) != 1 {
			return nil, fmt.Errorf("%s appears %d times", name, len(all))
		}

		params[name] = all[0]
	}

	return params, nil
}

// Text is a field's text; empty when it is absent or not a scalar.
func (p Params) Text(name string) string {
	text, _, _ := ScalarText(p[name])
	return text
}

// Canonical is the text that is signed, before the key (toUrlParams): the
// scalar fields except sign and empty ones, sorted, as name=value joined with
// "&", unescaped, the outer "&" trimmed.
func (p Params) Canonical() (string, error) {
	var text strings.Builder
	for _, name := range slices.SortedFunc(maps.Keys(p), comparePHPKeys) {
		value, kept, err := ScalarText(p[name])
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}

		if kept && name != "sign" {
			text.WriteString(name + "=" + value + "&")
		}
	}

	return strings.Trim(text.String(), "&"), nil
}

// Sign makes the sign of a message by its own sign_type (makeSign).
func (p Params) Sign(key checkout.Secret) (string, error) {
	canonical, err := p.Canonical()
	if err != nil {
		return "", err
	}

	text := []byte(canonical + "&key=" + key.Reveal())
	switch p["sign_type"] {
	case MD5:
		sum := md5.Sum(text)
		return hex.EncodeToString(sum[:]), nil
	case HMACSHA256:
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(text)
		return hex.EncodeToString(mac.Sum(nil)), nil
	}

	return "", errSignType
}

// Verify checks a message's sign over the values as they came.
func (p Params) Verify(key checkout.Secret) error {
	want, err := p.Sign(key)
	if err != nil {
		return err
	}
	got, _ := p["sign"].(string)
	if !checkout.Secret(want).Equal(got) {
		return ErrSign
	}
	return nil
}
