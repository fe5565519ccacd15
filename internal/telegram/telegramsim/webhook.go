package telegramsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (s *Sim) setWebhook(_ *http.Request, b *bot, given parameters) (any, *failure) {
	var address, secret string
	given.read("url", &address)
	given.read("secret_token", &secret)
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://127.0.0.1") {
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if secret != "" && !secretShape.MatchString(secret) {
		return nil, badRequest("secret token contains unallowed characters")
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	b.webhook, b.secret = address, secret
	s.push(b)
	return true, nil
}

func (s *Sim) deleteWebhook(_ *http.Request, b *bot, _ parameters) (any, *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.webhook, b.secret = "", ""
	return true, nil
}

// push sends a bot's updates to its webhook, one after the other.
func (s *Sim) push(b *bot) {
	updates, address, secret := b.updates, b.webhook, b.secret
	b.updates = nil
	go func() {
		client := http.Client{Timeout: 10 * time.Second}
		for _, update := range updates {
			body, _ := json.Marshal(update) // it is ours
			request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
			if err != nil {
				return
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}
	}()
}
