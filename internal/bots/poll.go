package bots

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/telegram"
)

const (
	leaseEvery  = 5 * time.Second
	botLease    = time.Minute // more than a poll takes
	pollWait    = 25 * time.Second
	afterError  = 5 * time.Second
	afterNoBot  = time.Minute // whose token Telegram does not know
	releaseTime = 5 * time.Second
)

// Run takes the updates of all bots that no other process takes, or keeps their webhooks,
// until ctx ends.
func (b *Bots) Run(ctx context.Context) {
	holder := rand.Text()
	p := pollers{bots: b, running: map[int64]poller{}}
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()

	for ctx.Err() == nil {
		leased, err := b.store.LeaseBots(ctx, holder, botLease)
		if err != nil {
			b.log.Warn("bots not leased", "error", err)
		} else {
			p.keep(ctx, leased)
		}

		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}

	p.keep(ctx, nil)
	p.done.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := b.store.ReleaseBots(ending, holder); err != nil {
		b.log.Warn("bots not released", "error", err)
	}
}

// pollers are the bots that one process serves.
type pollers struct {
	bots    *Bots
	running map[int64]poller // by bot
	done    sync.WaitGroup
}

type poller struct {
	bot  notices.Bot
	stop context.CancelFunc
}

// keep serves these bots and no others.
func (p *pollers) keep(ctx context.Context, leased []notices.Bot) {
	wanted := map[int64]notices.Bot{}
	for _, bot := range leased {
		wanted[bot.ID] = bot
	}
	for id, running := range p.running {
		if bot := wanted[id]; !running.bot.Token.Equal(bot.Token.Reveal()) || running.bot.Webhook != bot.Webhook {
			running.stop()
			delete(p.running, id)
		}
	}

	for _, bot := range leased {
		if _, already := p.running[bot.ID]; already {
			continue
		}
		serving, stop := context.WithCancel(ctx)
		p.running[bot.ID] = poller{bot, stop}
		step := p.bots.pollOnce
		if bot.Webhook {
			step = p.bots.newWebhookCheck()
		}
		p.done.Go(func() { p.bots.serve(serving, bot, step) })
	}
}

// serve repeats a step of a bot until ctx ends. The step says after how long.
func (b *Bots) serve(ctx context.Context, bot notices.Bot, step func(context.Context, *notices.Bot) (time.Duration, error)) {
	for ctx.Err() == nil {
		wait, err := step(ctx, &bot)
		if err != nil && ctx.Err() == nil {
			b.log.Warn("bot not served", "bot", bot.Username, "error", err)
		}

		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// pollOnce waits for a bot's updates once and handles them. wait is after how long to ask
// again.
func (b *Bots) pollOnce(ctx context.Context, bot *notices.Bot) (wait time.Duration, err error) {
	defer checkout.Contain(b.log, "bot", &err)
	wait = afterError
	api := b.api.Bot(bot.Token.Reveal())
	updates, err := api.Updates(ctx, bot.NextUpdate(b.now()), pollWait)
	if err != nil {
		return b.notServed(ctx, bot, err)
	}
	if bot.Problem == problemRevoked {
		if err := b.setProblem(ctx, bot, ""); err != nil {
			return wait, err
		}
	}

	for _, update := range updates {
		if err := b.Handle(ctx, *bot, update); err != nil {
			return wait, err
		}
		bot.Offset, bot.TakenAt = update.ID+1, b.now()
	}
	return 0, nil
}

// notServed says after how long to ask again.
func (b *Bots) notServed(ctx context.Context, bot *notices.Bot, cause error) (wait time.Duration, err error) {
	refusal, ok := telegram.Refusal(cause)
	switch {
	case !ok:
		return afterError, cause
	case refusal.Code == http.StatusUnauthorized:
		_ = b.setProblem(ctx, bot, problemRevoked) // the next try sets it otherwise
		return afterNoBot, cause
	case refusal.Code == http.StatusConflict: // a webhook, or another program that polls
		_ = b.api.Bot(bot.Token.Reveal()).DeleteWebhook(ctx) // it fails again otherwise
	}
	return max(afterError, refusal.RetryAfter), cause
}

// setProblem notes why a bot does not work, also in this copy of it.
func (b *Bots) setProblem(ctx context.Context, bot *notices.Bot, problem string) error {
	err := b.store.SetBotProblem(ctx, *bot, problem)
	if err == nil {
		bot.Problem = problem
	}
	return err
}

// Handle handles an update, once: whoever takes it first. It is taken before it is handled,
// so that a command is never carried out twice. An error means that it was not taken.
func (b *Bots) Handle(ctx context.Context, bot notices.Bot, update telegram.Update) error {
	taken, err := b.store.TakeUpdate(ctx, bot, update.ID)
	if err != nil || !taken {
		return err
	}

	switch {
	case update.Message != nil:
		err = b.handleMessage(ctx, bot, update)
	case update.CallbackQuery != nil:
		err = b.handlePress(ctx, bot, *update.CallbackQuery)
	}
	if err != nil {
		b.log.Warn("update not answered", "bot", bot.Username, "error", err)
	}
	return nil
}
