package bakong

import (
	"sync"
	"time"
)

// pauses holds until when a deployment of Bakong, by its base URL, or a part of it, is not
// asked for something that a payment does without. The zero value has none. It is safe
// for concurrent use.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// pause starts a pause; one until the zero time ends it.
func (p *pauses) pause(name string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	p.until[name] = until
}

// paused reports whether a pause lasts at now.
func (p *pauses) paused(name string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.until[name])
}
