package rieltime

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrWebhook is a webhook that is not from Rieltime, or too old. Answer 400.
var ErrWebhook = errors.New("rieltime: webhook refused")

const tolerance = 5 * time.Minute

// Webhook verifies what is posted to one webhook endpoint, by Standard
// Webhooks 1.0.
type Webhook struct {
	Secret string           // "whsec_…"
	Now    func() time.Time // time.Now unless set
}

// Verify checks the signature and age of a webhook, whose body must be as it
// arrived, and reads its event. The same event may come more than once: keep
// the ids of those you have worked on.
func (w Webhook) Verify(header http.Header, body []byte) (Event, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(w.Secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return Event{}, errors.New("rieltime: the webhook secret is not one")
	}

	now := time.Now
	if w.Now != nil {
		now = w.Now
	}

	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || now().Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return Event{}, fmt.Errorf("%w: its time is wrong", ErrWebhook)
	}

	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, sent, body)
	if !signed(header.Get("webhook-signature"), mac.Sum(nil)) {
		return Event{}, fmt.Errorf("%w: its signature is wrong", ErrWebhook)
	}

	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		return Event{}, fmt.Errorf("%w: its body is no event", ErrWebhook)
	}

	return event, nil
}

// signed reports whether one of the signatures, parted by blanks, is the one
// wanted.
func signed(signatures string, want []byte) bool {
	for signature := range strings.FieldsSeq(signatures) {
		text, found := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(text)
		if found && err == nil && hmac.Equal(given, want) {
			return true
		}
	}
	return false
}
