package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"strconv"
	"strings"
	"time"
)

// User is a person or a bot.
type User struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
	Language  string `json:"language_code,omitempty"` // of a person, such as "km"
}

// Chat is a chat; Type is "private", "group", "supergroup" or "channel".
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
}

// Message is a message in a chat; From is nil in channels.
type Message struct {
	MessageID int64  `json:"message_id"`
	From      *User  `json:"from,omitempty"`
	Chat      Chat   `json:"chat"`
	Date      int64  `json:"date"` // seconds since 1970
	Text      string `json:"text,omitempty"`
	Caption   string `json:"caption,omitempty"`
}

// CallbackQuery is a press of a button under a message.
type CallbackQuery struct {
	ID      string   `json:"id"`
	From    User     `json:"from"`
	Message *Message `json:"message,omitempty"`
	Data    string   `json:"data,omitempty"`
}

// Update is something that a bot receives.
type Update struct {
	ID            int64          `json:"update_id"`
	Message       *Message       `json:"message,omitempty"`
	CallbackQuery *CallbackQuery `json:"callback_query,omitempty"`
}

// Updates are the kinds of updates that our bots take.
var Updates = []string{"message", "callback_query"}

// MaxText is the length of a message in UTF-16 units, MaxCaption that of a picture's.
const (
	MaxText    = 4096
	MaxCaption = 1024
)

// Me returns the bot's own user.
func (b Bot) Me(ctx context.Context) (me User, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := b.call(ctx, "getMe", struct{}{}, &me); err != nil {
		return User{}, err
	}
	if me.ID == 0 || !me.IsBot || me.Username == "" {
		return User{}, fmt.Errorf("telegram: getMe returned no bot")
	}
	return me, nil
}

// Updates waits for updates from a number on.
func (b Bot) Updates(ctx context.Context, offset int64, wait time.Duration) (updates []Update, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait+callTimeout)
	defer cancel()
	err = b.call(ctx, "getUpdates", map[string]any{"offset": offset, "timeout": int(wait / time.Second), "allowed_updates": Updates}, &updates)
	return updates, err
}

// Text is a message to send: plain text, which is shown as it is.
type Text struct {
	ChatID      int64         `json:"chat_id"`
	Text        string        `json:"text"`
	LinkPreview LinkPreview   `json:"link_preview_options"`
	Silent      bool          `json:"disable_notification,omitempty"`
	Keyboard    *Keyboard     `json:"reply_markup,omitempty"`
	ReplyTo     *ReplyMessage `json:"reply_parameters,omitempty"`
}

// LinkPreview says whether a message shows pages that it links to.
type LinkPreview struct {
	Disabled bool `json:"is_disabled"`
}

// ReplyMessage is the message that is replied to.
type ReplyMessage struct {
	MessageID int64 `json:"message_id"`
	Optional  bool  `json:"allow_sending_without_reply"`
}

// Keyboard is the buttons under a message, in rows.
type Keyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Button is a button; Data comes back when it is pressed.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// Send sends a text.
func (b Bot) Send(ctx context.Context, text Text) (sent Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = b.call(ctx, "sendMessage", text, &sent)
	return sent, err
}

// Picture is a PNG to send with a caption.
type Picture struct {
	ChatID  int64
	Caption string
	PNG     []byte
}

// SendPhoto sends a picture.
func (b Bot) SendPhoto(ctx context.Context, picture Picture) (sent Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("photo", "khqr.png")
	if err == nil {
		_, err = file.Write(picture.PNG)
	}
	err = errors.Join(err, form.WriteField("chat_id", strconv.FormatInt(picture.ChatID, 10)), form.WriteField("caption", picture.Caption), form.Close())
	if err != nil {
		return Message{}, err
	}
	err = b.post(ctx, "sendPhoto", form.FormDataContentType(), body.Bytes(), &sent)
	return sent, err
}

// EditText changes a text that the bot has sent, and takes its buttons away.
func (b Bot) EditText(ctx context.Context, chatID, messageID int64, text string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var edited Message
	return b.call(ctx, "editMessageText", map[string]any{"chat_id": chatID, "message_id": messageID, "text": text, "link_preview_options": LinkPreview{Disabled: true}}, &edited)
}

// AnswerPress confirms to Telegram that a press of a button was handled.
func (b Bot) AnswerPress(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var done bool
	return b.call(ctx, "answerCallbackQuery", map[string]any{"callback_query_id": id}, &done)
}

// notModified is in Telegram's refusal of a change to what a message shows already, as when
// the answer to the first try was lost.
const notModified = "message is not modified"

// EditCaption changes the caption of a picture that the bot has sent.
func (b Bot) EditCaption(ctx context.Context, chatID, messageID int64, caption string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var edited Message
	err := b.call(ctx, "editMessageCaption", map[string]any{"chat_id": chatID, "message_id": messageID, "caption": caption}, &edited)
	if refusal, refused := Refusal(err); refused && strings.Contains(refusal.Description, notModified) {
		return nil
	}
	return err
}

// SetWebhook has updates sent to an address, with a secret in the header
// X-Telegram-Bot-Api-Secret-Token.
func (b Bot) SetWebhook(ctx context.Context, address, secret string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var done bool
	return b.call(ctx, "setWebhook", map[string]any{"url": address, "secret_token": secret, "allowed_updates": Updates, "max_connections": 4}, &done)
}

// WebhookInfo is how a bot's webhook is.
type WebhookInfo struct {
	URL         string `json:"url"`             // empty: there is none
	LastErrorAt int64  `json:"last_error_date"` // seconds since 1970; 0: no delivery has failed
	LastError   string `json:"last_error_message"`
}

// Webhook returns the bot's webhook.
func (b Bot) Webhook(ctx context.Context) (info WebhookInfo, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = b.call(ctx, "getWebhookInfo", struct{}{}, &info)
	return info, err
}

// DeleteWebhook lets updates be fetched by Updates.
func (b Bot) DeleteWebhook(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var done bool
	return b.call(ctx, "deleteWebhook", struct{}{}, &done)
}
