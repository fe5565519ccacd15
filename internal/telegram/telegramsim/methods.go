package telegramsim

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

func (s *Sim) getMe(_ *http.Request, b *bot, _ parameters) (any, *failure) { return b.json(), nil }

func (s *Sim) getUpdates(r *http.Request, b *bot, given parameters) (any, *failure) {
	var offset int64
	var timeout int
	given.read("offset", &offset)
	given.read("timeout", &timeout)

	s.mu.Lock()
	defer s.mu.Unlock()
	// A newer poll ends this one.
	b.polling++
	own := b.polling
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(timeout)*time.Second)
	defer cancel()
	for {
		if b.webhook != "" {
			return nil, &failure{code: http.StatusConflict, text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
		}
		b.updates = slices.DeleteFunc(b.updates, func(update map[string]any) bool { return update["update_id"].(int64) < offset })
		if len(b.updates) > 0 || ctx.Err() != nil {
			return append([]map[string]any{}, b.updates...), nil
		}

		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
		s.mu.Lock()
		if b.polling != own {
			return nil, &failure{code: http.StatusConflict, text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
	}
}

func (s *Sim) sendMessage(_ *http.Request, b *bot, given parameters) (any, *failure) {
	text, failed := readText(given)
	if failed != nil {
		return nil, failed
	}
	return s.post(b, given, Message{Text: text})
}

func readText(given parameters) (text string, failed *failure) {
	given.read("text", &text)
	if strings.TrimSpace(text) == "" {
		return "", badRequest("message text is empty")
	}
	if len(utf16.Encode([]rune(text))) > 4096 {
		return "", badRequest("message is too long")
	}
	return text, nil
}

func (s *Sim) sendPhoto(_ *http.Request, b *bot, given parameters) (any, *failure) {
	var caption string
	given.read("caption", &caption)
	if len(utf16.Encode([]rune(caption))) > 1024 {
		return nil, badRequest("message caption is too long")
	}
	if given.file == nil || len(given.file) > 10<<20 {
		return nil, badRequest("there is no photo in the request")
	}
	if _, err := png.Decode(bytes.NewReader(given.file)); err != nil {
		return nil, badRequest("IMAGE_PROCESS_FAILED")
	}
	return s.post(b, given, Message{Text: caption, Picture: given.file})
}

func (s *Sim) editMessageCaption(_ *http.Request, b *bot, given parameters) (any, *failure) {
	var caption string
	given.read("caption", &caption)
	if len(utf16.Encode([]rune(caption))) > 1024 {
		return nil, badRequest("message caption is too long")
	}
	return s.edit(b, given, caption, true)
}

func (s *Sim) editMessageText(_ *http.Request, b *bot, given parameters) (any, *failure) {
	text, failed := readText(given)
	if failed != nil {
		return nil, failed
	}
	return s.edit(b, given, text, false)
}

func (s *Sim) answerCallbackQuery(_ *http.Request, _ *bot, given parameters) (any, *failure) {
	var id string
	given.read("callback_query_id", &id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pressed[id] {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	delete(s.pressed, id)
	return true, nil
}

// edit changes the text of a bot's message, or what stands under its picture, and takes
// its buttons away.
func (s *Sim) edit(b *bot, given parameters, text string, ofPicture bool) (any, *failure) {
	var chatID, messageID int64
	if !given.read("chat_id", &chatID) || !given.read("message_id", &messageID) {
		return nil, badRequest("message identifier is not specified")
	}
	buttons, failed := readButtons(given)
	if failed != nil {
		return nil, failed
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	chat, failed := s.writable(chatID)
	if failed != nil {
		return nil, failed
	}
	at := slices.IndexFunc(chat.Messages, func(m Message) bool { return m.ID == messageID })
	switch {
	case at < 0:
		return nil, badRequest("message to edit not found")
	case chat.Messages[at].From != b.username || (chat.Messages[at].Picture != nil) != ofPicture:
		return nil, badRequest("message can't be edited")
	case chat.Messages[at].Text == text && len(chat.Messages[at].Buttons) == len(buttons):
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	if failed := s.count(b, chat); failed != nil {
		return nil, failed
	}
	chat.Messages[at].Text, chat.Messages[at].Buttons, chat.Messages[at].Edited = text, buttons, true
	return s.messageJSON(b, chat, chat.Messages[at]), nil
}

// post puts a bot's message into a chat.
func (s *Sim) post(b *bot, given parameters, message Message) (any, *failure) {
	var chatID int64
	if !given.read("chat_id", &chatID) {
		return nil, badRequest("chat_id is empty")
	}
	buttons, failed := readButtons(given)
	if failed != nil {
		return nil, failed
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	chat, failed := s.writable(chatID)
	if failed != nil {
		return nil, failed
	}
	if failed := s.count(b, chat); failed != nil {
		return nil, failed
	}

	s.lastID++
	message.ID, message.At, message.From, message.Buttons = s.lastID, s.now(), b.username, buttons
	chat.Messages = append(chat.Messages, message)
	return s.messageJSON(b, chat, message), nil
}

func (s *Sim) messageJSON(b *bot, chat *Chat, message Message) map[string]any {
	text := "text"
	if message.Picture != nil {
		text = "caption"
	}
	return map[string]any{"message_id": message.ID, "date": message.At.Unix(), "chat": chat.json(), "from": b.json(), text: message.Text}
}

// writable finds a chat that bots may write to.
func (s *Sim) writable(id int64) (*Chat, *failure) {
	chat, there := s.chats[id]
	switch {
	case !there:
		return nil, badRequest("chat not found")
	case chat.MovedTo != 0:
		return nil, &failure{code: http.StatusBadRequest, text: "Bad Request: group chat was upgraded to a supergroup chat", movedTo: chat.MovedTo}
	case chat.Kicked && chat.Group:
		return nil, &failure{code: http.StatusForbidden, text: "Forbidden: bot was kicked from the supergroup chat"}
	case chat.Kicked:
		return nil, &failure{code: http.StatusForbidden, text: "Forbidden: bot was blocked by the user"}
	}
	return chat, nil
}

// count counts a message to a chat, unless it is one too many.
func (s *Sim) count(b *bot, chat *Chat) *failure {
	now := s.now()
	b.sent = within(b.sent, now, time.Second)
	chat.sent = within(chat.sent, now, time.Minute)
	if len(b.sent) >= PerSecond {
		return tooMany(1)
	}
	if chat.Group && len(chat.sent) >= PerGroupMinute {
		return tooMany(int(time.Minute-now.Sub(chat.sent[0]))/int(time.Second) + 1)
	}
	b.sent, chat.sent = append(b.sent, now), append(chat.sent, now)
	return nil
}

func tooMany(seconds int) *failure {
	return &failure{code: http.StatusTooManyRequests, text: fmt.Sprintf("Too Many Requests: retry after %d", seconds), retryAfter: seconds}
}

func readButtons(given parameters) ([][]Button, *failure) {
	var keyboard struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if _, there := given.values["reply_markup"]; !there {
		return nil, nil
	}
	if !given.read("reply_markup", &keyboard) {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	for _, row := range keyboard.Rows {
		for _, button := range row {
			if button.Text == "" || button.Data == "" || len(button.Data) > 64 {
				return nil, badRequest("BUTTON_DATA_INVALID")
			}
		}
	}
	return keyboard.Rows, nil
}
