package notices

import (
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Progress is what a chat has been notified of, and when it can receive more.
type Progress struct {
	Sequence     int64                // of the last event that it was notified of
	ToldDay      cambodia.Day         // the last day whose totals it received
	WebhooksTold bool                 // it was notified that webhooks fail, which they still did
	RecordsTold  time.Time            // since when the newest report differs that it was notified of
	RateNotified checkout.RateTrouble // that it was notified of, and that still lasts
	Failures     int                  // to send, one after the other
	NextAt       time.Time            // nothing is sent before
}

// Sent is the progress after a message about some payments, of which more follow.
func (p Progress) Sent(kind ChatKind, payments int, now time.Time) Progress {
	p.Failures, p.NextAt = 0, now.Add(pause(kind, payments))
	return p
}

// Telegram lets a bot send 20 messages a minute to a group, and about one a second to a
// person.
const (
	groupPause   = 3500 * time.Millisecond
	privatePause = 1500 * time.Millisecond
	longestPause = 15 * time.Second
	mailPause    = time.Minute // what needs somebody meanwhile goes into one message
)

// pause is how long after a message the next one may follow. The more payments come
// together, the more are waited for: many payments become few messages.
func pause(kind ChatKind, payments int) time.Duration {
	least := privatePause
	switch kind {
	case Mailbox:
		return mailPause
	case Group:
		least = groupPause
	}
	return min(max(least, time.Duration(payments)*time.Second), longestPause)
}

const (
	firstRetry = 2 * time.Second
	lastRetry  = 10 * time.Minute
)

// Failed is the progress after a message that was not sent. Telegram may have asked to
// wait.
func (p Progress) Failed(wait time.Duration, now time.Time) Progress {
	if wait <= 0 {
		wait = min(firstRetry<<min(p.Failures, 16), lastRetry)
		p.Failures++
	}
	p.NextAt = now.Add(wait)
	return p
}

// Waits is how long the chat is not to be written to yet. A time that a clock set back
// since has put far ahead does not count.
func (p Progress) Waits(now time.Time) time.Duration {
	wait := p.NextAt.Sub(now)
	if wait <= 0 || wait > longestWait {
		return 0
	}
	return wait
}

const longestWait = time.Hour

// DueDay returns the last day that is over, if its totals have not been sent.
func (p Progress) DueDay(now time.Time) (cambodia.Day, bool) {
	day := cambodia.DayOf(now.Add(-dayIsOver)) - 1
	return day, day > p.ToldDay
}

// dayIsOver is how long after midnight what was recorded before may still come.
const dayIsOver = time.Minute
