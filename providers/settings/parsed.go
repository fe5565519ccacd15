package settings

import (
	"encoding/json"
	"sync"

	"rieltime/checkout"
)

// maxParsed is of how many accounts the settings are kept.
const maxParsed = 256

// Parsed keeps the settings of a provider's accounts as they were decoded, because
// each request needs those of an account several times. It is safe for concurrent use.
// What it returns is shared: do not change what lists hold.
type Parsed[T any] struct {
	Fields []checkout.Setting

	mu   sync.Mutex
	kept map[string]T // by the settings' text
}

// Decode is the function Decode, into a copy of what is kept.
func (p *Parsed[T]) Decode(raw json.RawMessage) (T, error) {
	p.mu.Lock()
	kept, ok := p.kept[string(raw)]
	p.mu.Unlock()
	if ok {
		return kept, nil
	}

	var decoded T
	if err := Decode(raw, p.Fields, &decoded); err != nil {
		return decoded, err
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil || len(p.kept) >= maxParsed {
		p.kept = map[string]T{}
	}
	p.kept[string(raw)] = decoded
	return decoded, nil
}
