package pages

import (
	"sync"

	"rieltime/web/templates"
)

// maxCachedCodes bounds the cache; a code is about 10 kB.
const maxCachedCodes = 512

// qrCache keeps drawn QR codes, because a page shows the same one many times.
type qrCache struct {
	mu   sync.Mutex
	svgs map[string]string
}

func newQRCache() *qrCache { return &qrCache{svgs: map[string]string{}} }

// svg draws text as an inline SVG; no text gives no SVG.
func (d *qrCache) svg(text string) (string, error) {
	if text == "" {
		return "", nil
	}

	d.mu.Lock()
	drawn, ok := d.svgs[text]
	d.mu.Unlock()
	if ok {
		return drawn, nil
	}

	drawn, err := templates.QRSVG(text)
	if err != nil {
		return "", err
	}

	d.mu.Lock()
	defer d.mu.Unlock()

	for old := range d.svgs {
		if len(d.svgs) < maxCachedCodes {
			break
		}
		delete(d.svgs, old)
	}

	d.svgs[text] = drawn
	return drawn, nil
}
