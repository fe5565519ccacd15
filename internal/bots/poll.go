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

// Run takes the updates of all bots that no other process takes, until ctx ends.
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

// pollers are the polls under way of one process.
type pollers struct {
	bots    *Bots
	running map[int64]poller // by bot
	done    sync.WaitGroup
}

type poller struct {
	token checkout.Secret
	stop  context.CancelFunc
}

// keep polls these bots and no others.
func (p *pollers) keep(ctx context.Context, leased []notices.Bot) {
	wanted := map[int64]checkout.Secret{}
	for _, bot := range leased {
		wanted[bot.ID] = bot.Token
	}
	for id, running := range p.running {
		if !running.token.Equal(wanted[id].Reveal()) {
			running.stop()
			delete(p.running, id)
		}
	}

	for _, bot := range leased {
		if _, already := p.running[bot.ID]; already {
			continue
		}
		polling, stop := context.WithCancel(ctx)
		p.running[bot.ID] = poller{bot.Token, stop}
		p.done.Go(func() { p.bots.poll(polling, bot) })
	}
}

// poll takes a bot's updates until ctx ends.
func (b *Bots) poll(ctx context.Context, bot notices.Bot) {
	for ctx.Err() == nil {
		wait, err := b.pollOnce(ctx, &bot)
		if err != nil && ctx.Err() == nil {
			b.log.Warn("bot not polled", "bot", bot.Username, "error", err)
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
		return b.pollFailed(ctx, *bot, err)
	}

	for _, update := range updates {
		if err := b.Handle(ctx, *bot, update); err != nil {
			return wait, err
		}
		bot.Offset, bot.TakenAt = update.ID+1, b.now()
	}
	return 0, nil
}

// pollFailed says after how long to ask again.
func (b *Bots) pollFailed(ctx context.Context, bot notices.Bot, cause error) (wait time.Duration, err error) {
	refusal, ok := telegram.Refusal(cause)
	switch {
	case !ok:
		return afterError, cause
	case refusal.Code == http.StatusUnauthorized:
		_ = b.store.SetBotProblem(ctx, bot, problemToken) // the next try sets it otherwise
		return afterNoBot, cause
	case refusal.Code == http.StatusConflict: // a webhook, or another program that polls
		_ = b.api.Bot(bot.Token.Reveal()).DeleteWebhook(ctx) // it fails again otherwise
	}
	return max(afterError, refusal.RetryAfter), cause
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
