package telegramsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// webhookPorts are those that Telegram connects to.
var webhookPorts = []string{"", "443", "80", "88", "8443"}

func (s *Sim) setWebhook(_ *http.Request, b *bot, given parameters) (any, *failure) {
	var address, secret string
	given.read("url", &address)
	given.read("secret_token", &secret)
	to, err := url.Parse(address)
	local := err == nil && to.Scheme == "http" && to.Hostname() == "127.0.0.1" // only this simulator connects to it
	switch {
	case err != nil || to.Scheme != "https" && !local:
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	case !local && !slices.Contains(webhookPorts, to.Port()):
		return nil, badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	case secret != "" && !secretShape.MatchString(secret):
		return nil, badRequest("secret token contains unallowed characters")
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	b.webhook, b.secret = address, secret
	s.startSending(b)
	s.wake()
	return true, nil
}

func (s *Sim) deleteWebhook(_ *http.Request, b *bot, _ parameters) (any, *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.webhook, b.secret = "", ""
	return true, nil
}

func (s *Sim) getWebhookInfo(_ *http.Request, b *bot, _ parameters) (any, *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := map[string]any{"url": b.webhook, "has_custom_certificate": false, "pending_update_count": len(b.updates)}
	if !b.failedAt.IsZero() {
		info["last_error_date"], info["last_error_message"] = b.failedAt.Unix(), b.failure
	}
	return info, nil
}

// startSending has a bot's updates sent to its webhook, if it has one.
func (s *Sim) startSending(b *bot) {
	if b.webhook != "" && !b.sending {
		b.sending = true
		go s.send(b)
	}
}

const sendAgain = 200 * time.Millisecond

// send sends a bot's updates to its webhook, one after the other, each until it is taken.
func (s *Sim) send(b *bot) {
	client := http.Client{Timeout: time.Minute}
	for {
		s.mu.Lock()
		if b.webhook == "" || len(b.updates) == 0 {
			b.sending = false
			s.mu.Unlock()
			return
		}
		update, address, secret := b.updates[0], b.webhook, b.secret
		s.mu.Unlock()

		failure := deliver(client, address, secret, update)

		s.mu.Lock()
		if failure == "" {
			b.updates = slices.DeleteFunc(b.updates, func(u map[string]any) bool { return u["update_id"] == update["update_id"] })
		} else {
			b.failure, b.failedAt = failure, s.now()
		}
		s.mu.Unlock()
		if failure != "" {
			time.Sleep(sendAgain)
		}
	}
}

// deliver sends an update, and returns why it was not taken; empty: it was.
func deliver(client http.Client, address, secret string, update map[string]any) string {
	body, _ := json.Marshal(update) // it is ours
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	response, err := client.Do(request)
	if err != nil {
		return "Connection refused"
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 != 2 {
		return "Wrong response from the webhook: " + response.Status
	}
	return ""
}
