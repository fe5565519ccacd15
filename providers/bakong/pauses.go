package bakong

import (
	"sync"
	"time"
)

// pauses holds until when a deployment of Bakong, by its base URL, is not asked
// for something that a payment does without. The zero value has none. It is safe
// for concurrent use.
type pauses struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// pause starts a deployment's pause.
func (p *pauses) pause(baseURL string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[string]time.Time{}
	}
	p.until[baseURL] = until
}

// paused reports whether a deployment's pause lasts at now.
func (p *pauses) paused(baseURL string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.until[baseURL])
}
