package bots

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
)

// Store keeps what bots have done. What does not exist is checkout.ErrNotFound.
type Store interface {
	notices.Store
	compose.Store

	// LeaseChat gives the right to write to a chat for a while. Where another has it,
	// wait is after how long to ask again.
	LeaseChat(ctx context.Context, id string, lasting time.Duration) (chat notices.Chat, bot notices.Bot, wait time.Duration, err error)
	// SaveChat ends a lease and stores what came of it.
	SaveChat(ctx context.Context, chat notices.Chat) error
	SetBotProblem(ctx context.Context, bot notices.Bot, problem string) error

	Merchant(ctx context.Context, id string) (checkout.Merchant, error)
	ListLinks(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.LinkQuery) (links []checkout.Link, more bool, err error)
	ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) (sessions []checkout.Session, more bool, err error)

	// OpenShift finds the open shift of a cashier, and SaleTakings adds up what the sales
	// took that a cashier made within a range.
	OpenShift(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string) (checkout.Shift, error)
	SaleTakings(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange) ([]checkout.SaleTakings, error)

	// LeaseBots gives a process the right to take the updates of bots that no other
	// process takes; ReleaseBots ends it.
	LeaseBots(ctx context.Context, holder string, lasting time.Duration) ([]notices.Bot, error)
	ReleaseBots(ctx context.Context, holder string) error

	// InsertChatSale has a message sent that shows a session, ChatSale finds it with its
	// bot, a zero Bot if that is linked no more, and SaveChatSale stores what it shows.
	InsertChatSale(ctx context.Context, sale notices.ChatSale) error
	ChatSale(ctx context.Context, sessionID string) (notices.ChatSale, notices.Bot, error)
	SaveChatSale(ctx context.Context, sale notices.ChatSale) error

	// BotByID finds the bot that has an id at Telegram.
	BotByID(ctx context.Context, id int64) (notices.Bot, error)

	// TakeUpdate reports whether an update is taken by this call.
	TakeUpdate(ctx context.Context, bot notices.Bot, updateID int64) (bool, error)
}

// Config is what the bots need; all of it is required.
type Config struct {
	Store        Store
	Checkout     *checkout.Service
	Notices      *notices.Service
	Users        *users.Service
	API          *telegram.API
	DashboardURL string // its address without /dashboard
	WebhookURL   string // where Telegram sends updates; a bot's id follows
	Now          func() time.Time
	Log          *slog.Logger
}

// Bots runs the bots. It is safe for concurrent use.
type Bots struct {
	store    Store
	checkout *checkout.Service
	users    *users.Service
	composer *compose.Composer
	notices  *notices.Service
	api      *telegram.API
	webhook  string // Config.WebhookURL
	now      func() time.Time
	log      *slog.Logger

	mu     sync.Mutex
	limits map[int64]*rate.Limiter // by bot
}

// New returns the bots; Run takes their updates.
func New(config Config) *Bots {
	return &Bots{
		store: config.Store, checkout: config.Checkout, users: config.Users, notices: config.Notices, api: config.API, webhook: config.WebhookURL, now: config.Now, log: config.Log, limits: map[int64]*rate.Limiter{},
		composer: &compose.Composer{Store: config.Store, Checkout: config.Checkout, DashboardURL: config.DashboardURL, Now: config.Now, Log: config.Log},
	}
}

// Telegram lets a bot send 30 messages a second; this leaves some to other replicas.
const (
	perSecond = 20
	atOnce    = 5
)

// limit returns the limit of a bot.
func (b *Bots) limit(botID int64) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limits[botID] == nil {
		b.limits[botID] = rate.NewLimiter(perSecond, atOnce)
	}
	return b.limits[botID]
}

// Checker asks Telegram about tokens.
type Checker struct{ API *telegram.API }

// Me returns the bot of a token; see notices.Telegram.
func (c Checker) Me(ctx context.Context, token checkout.Secret) (id int64, username string, err error) {
	me, err := c.API.Bot(token.Reveal()).Me(ctx)
	if refusal, ok := telegram.Refusal(err); ok && (refusal.Code == http.StatusUnauthorized || refusal.Code == http.StatusNotFound) {
		return 0, "", notices.ErrBotWrong
	}
	return me.ID, me.Username, err
}

// EndWebhook has Telegram send a bot's updates nowhere; see notices.Telegram.
func (c Checker) EndWebhook(ctx context.Context, token checkout.Secret) error {
	return c.API.Bot(token.Reveal()).DeleteWebhook(ctx)
}
