package notices

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"time"

	"rieltime/checkout"
)

// Bot is a merchant's Telegram bot in one mode.
type Bot struct {
	MerchantID string
	Mode       checkout.Mode
	ID         int64 // Telegram's
	Username   string
	Token      checkout.Secret
	Webhook    bool      // Telegram sends its updates; else they are fetched
	Offset     int64     // the number after that of the last update that was taken
	TakenAt    time.Time // when it was
	Problem    string    // why it does not work, in English and safe to show; empty: it does
	CreatedAt  time.Time
}

// numberLife is for how long the numbers of updates only rise: after a week without one,
// Telegram goes on with any number.
const numberLife = 6 * 24 * time.Hour

// NextUpdate is the number from which on a bot's updates are new; 0: all are.
func (b Bot) NextUpdate(now time.Time) int64 {
	if now.Sub(b.TakenAt) > numberLife {
		return 0
	}
	return b.Offset
}

// ChatKind is what a chat is.
type ChatKind string

// The kinds. A supergroup is a group. A mailbox is no chat, but receives the same notices.
const (
	Private ChatKind = "private"
	Group   ChatKind = "group"
	Mailbox ChatKind = "mailbox"
)

// Chat is a chat that a merchant's notices go to.
type Chat struct {
	ID         string // "chat_…"
	MerchantID string
	Mode       checkout.Mode
	ChatID     int64 // Telegram's
	Kind       ChatKind
	Title      string // of a group, or the name of a person
	Locale     string
	Details    bool // notices say who paid
	Progress
	Problem   string // as of a Bot
	StoppedAt time.Time
	CreatedAt time.Time
}

// Code is a one-time code that links a chat or a person.
type Code struct {
	MerchantID string
	Mode       checkout.Mode
	Locale     string // of the chat's notices
	Details    bool
	UserID     string // links a person to this user, not a chat; empty: a chat
	CreatedBy  string // an actor
	ExpiresAt  time.Time
}

// Limits of what a merchant has in one mode.
const (
	MaxChats = 20
	CodeLife = 30 * time.Minute
)

// Store keeps bots, chats and codes. What does not exist is checkout.ErrNotFound. Changes
// by people write a line of the audit trail in their transaction.
type Store interface {
	mailStore
	sellerStore

	// SetBot links a bot. The chats of another bot that it replaces are unlinked. A bot
	// that is linked elsewhere is ErrBotTaken.
	SetBot(ctx context.Context, bot Bot) error
	Bot(ctx context.Context, merchantID string, mode checkout.Mode) (Bot, error)
	DeleteBot(ctx context.Context, merchantID string, mode checkout.Mode) error
	// SetBotWebhook chooses how a bot's updates come.
	SetBotWebhook(ctx context.Context, merchantID string, mode checkout.Mode, webhook bool) error

	Chats(ctx context.Context, merchantID string, mode checkout.Mode) ([]Chat, error)
	DeleteChat(ctx context.Context, merchantID string, mode checkout.Mode, id string) error

	InsertCode(ctx context.Context, code Code, hash string) error

	// LinkChat uses a code up and links a chat, which takes the code's language and
	// details. Such a chat that is linked already is linked anew. A code that is not the
	// bot's is ErrNoCode, one chat more than MaxChats ErrManyChats.
	LinkChat(ctx context.Context, hash string, chat Chat, at time.Time) (Chat, error)
}

// Errors of people.
var (
	ErrNoBot     = checkout.Invalidf("token", "bot_missing", "Link a bot first.")
	ErrBotTaken  = &checkout.Error{Kind: checkout.KindConflict, Code: "bot_taken", Param: "token", Detail: "This bot is linked already, to another shop or in the other mode. Each needs a bot of its own."}
	ErrBotWrong  = checkout.Invalidf("token", "bot_token_wrong", "Telegram does not know this token.")
	ErrNoCode    = &checkout.Error{Kind: checkout.KindNotFound, Code: "code_used", Detail: "This code has been used or has expired."}
	ErrManyChats = &checkout.Error{Kind: checkout.KindConflict, Code: "too_many_chats", Detail: "This bot has 20 chats, which is the most. Unlink one first."}

	errToken       = checkout.Invalidf("token", "bot_token_invalid", "This is no bot's token. BotFather's are like 123456:ABC-DEF….")
	errUnreachable = &checkout.Error{Kind: checkout.KindUnavailable, Code: "telegram_unavailable", Param: "token", Detail: "Telegram did not answer. Nothing was saved; try again."}
)

// Telegram is what the rules need of Telegram.
type Telegram interface {
	// Me returns the bot of a token; ErrBotWrong when there is none.
	Me(ctx context.Context, token checkout.Secret) (id int64, username string, err error)
	// EndWebhook has Telegram send a bot's updates nowhere.
	EndWebhook(ctx context.Context, token checkout.Secret) error
}

// Service holds the rules about bots and chats.
type Service struct {
	store    Store
	telegram Telegram
	now      func() time.Time
}

// NewService returns the rules over a store.
func NewService(store Store, telegram Telegram, now func() time.Time) *Service {
	return &Service{store: store, telegram: telegram, now: now}
}

var tokenShape = regexp.MustCompile(`^[0-9]{1,15}:[A-Za-z0-9_-]{30,64}$`)

// LinkBot links the bot of a token, if Telegram knows it.
func (s *Service) LinkBot(ctx context.Context, merchantID string, mode checkout.Mode, token checkout.Secret) (Bot, error) {
	if !tokenShape.MatchString(token.Reveal()) {
		return Bot{}, errToken
	}

	bot := Bot{MerchantID: merchantID, Mode: mode, Token: token, CreatedAt: s.now()}
	var err error
	if bot.ID, bot.Username, err = s.telegram.Me(ctx, token); err != nil {
		return Bot{}, cmp.Or(asOurs(err), error(errUnreachable))
	}

	replaced, err := s.store.Bot(ctx, merchantID, mode)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return Bot{}, err
	}
	if err := s.store.SetBot(ctx, bot); err != nil {
		return Bot{}, err
	}
	if replaced.Webhook && replaced.ID != bot.ID {
		_ = s.telegram.EndWebhook(ctx, replaced.Token) // what Telegram still sends is refused
	}
	return bot, nil
}

// asOurs is err if it is one that people may see.
func asOurs(err error) error {
	if _, ok := errors.AsType[*checkout.Error](err); ok {
		return err
	}
	return nil
}

// UnlinkBot forgets a merchant's bot with its chats.
func (s *Service) UnlinkBot(ctx context.Context, merchantID string, mode checkout.Mode) error {
	bot, err := s.store.Bot(ctx, merchantID, mode)
	if err != nil {
		return err
	}
	if err := s.store.DeleteBot(ctx, merchantID, mode); err != nil || !bot.Webhook {
		return err
	}
	_ = s.telegram.EndWebhook(ctx, bot.Token) // what Telegram still sends is refused
	return nil
}

// UseWebhook has Telegram send a bot's updates to this server, or has them fetched. The
// process that serves the bot registers it with Telegram within seconds.
func (s *Service) UseWebhook(ctx context.Context, merchantID string, mode checkout.Mode, webhook bool) error {
	return s.store.SetBotWebhook(ctx, merchantID, mode, webhook)
}

// Bot finds a merchant's bot with its chats; a zero Bot when there is none.
func (s *Service) Bot(ctx context.Context, merchantID string, mode checkout.Mode) (Bot, []Chat, error) {
	bot, err := s.store.Bot(ctx, merchantID, mode)
	if errors.Is(err, checkout.ErrNotFound) {
		return Bot{}, nil, nil
	}
	if err != nil {
		return Bot{}, nil, err
	}
	chats, err := s.store.Chats(ctx, merchantID, mode)
	return bot, chats, err
}

// NewCode makes a code that links a chat, with the language and the choice of code. It is
// shown once.
func (s *Service) NewCode(ctx context.Context, code Code) (checkout.Secret, Bot, error) {
	bot, err := s.store.Bot(ctx, code.MerchantID, code.Mode)
	if errors.Is(err, checkout.ErrNotFound) {
		return "", Bot{}, ErrNoBot
	}
	if err != nil {
		return "", Bot{}, err
	}

	code.CreatedBy, code.ExpiresAt = checkout.ActorOf(ctx), s.now().Add(CodeLife)
	text := checkout.NewID("")
	return checkout.Secret(text), bot, s.store.InsertCode(ctx, code, hashCode(text))
}

// LinkChat links the chat in which a bot was sent a code.
func (s *Service) LinkChat(ctx context.Context, code string, chat Chat) (Chat, error) {
	now := s.now()
	chat.ID, chat.CreatedAt = checkout.NewID("chat_"), now
	return s.store.LinkChat(ctx, hashCode(code), chat, now)
}

// UnlinkChat ends the notices to a chat.
func (s *Service) UnlinkChat(ctx context.Context, merchantID string, mode checkout.Mode, id string) error {
	return s.store.DeleteChat(ctx, merchantID, mode, id)
}

func hashCode(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
