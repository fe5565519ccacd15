//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/playwright-community/playwright-go"
)

const axeSource = "../node_modules/axe-core/axe.min.js"

// violation is one accessibility rule of axe-core that a page breaks.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

func (v violation) String() string {
	lines := []string{fmt.Sprintf("%s (%s): %s", v.ID, v.Impact, v.Help)}
	for _, node := range v.Nodes {
		lines = append(lines, "  "+node.HTML)
	}
	return strings.Join(lines, "\n")
}

// CheckAccessible fails the test for each accessibility rule the page breaks.
func (b *buyer) CheckAccessible() {
	b.t.Helper()
	b.loadAxe()
	b.report(b.axeViolations(`{resultTypes: ["violations"], preload: false}`))
}

// CheckContrast checks again what a theme can change. CheckAccessible comes
// before it.
func (b *buyer) CheckContrast() {
	b.t.Helper()
	b.report(b.axeViolations(`{runOnly: ["color-contrast", "link-in-text-block"], resultTypes: ["violations"], preload: false}`))
}

func (b *buyer) report(violations []violation) {
	b.t.Helper()
	for _, v := range violations {
		b.t.Errorf("%s breaks %v", b.Page.URL(), v)
	}
}

// loadAxe runs axe-core in the page. By Chromium's own protocol the browser keeps what it
// has compiled for the next page; Playwright's Evaluate has it compiled anew each time.
func (b *buyer) loadAxe() {
	b.t.Helper()
	source, err := os.ReadFile(axeSource)
	if err != nil {
		b.t.Fatal(fmt.Errorf("%w (%w)", errNoTools, err))
	}

	session := b.protocol[b.Page]
	if session == nil {
		// It is never detached, which would take the page's virtual authenticators away.
		session, err = b.Context.NewCDPSession(b.Page)
		b.must("open a session of Chromium's protocol", err)
		if b.protocol == nil {
			b.protocol = map[playwright.Page]playwright.CDPSession{}
		}
		b.protocol[b.Page] = session
	}
	_, err = session.Send("Runtime.evaluate", map[string]any{"expression": string(source)})
	b.must("load axe-core", err)
}

// noIconFonts tells axe-core that no font draws words as icons, whose contrast it would not
// check: to see that, it draws some words of each font, each time it runs.
const noIconFonts = `axe._cache.set("fonts", new Proxy({}, {get: () => ({occurrences: 3, numLigatures: 0})}));`

func (b *buyer) axeViolations(options string) []violation {
	b.t.Helper()
	answer, err := b.Page.Evaluate(`async () => { ` + noIconFonts + ` return JSON.stringify((await axe.run(` + options + `)).violations); }`)
	b.must("run axe-core", err)
	text, ok := answer.(string)
	if !ok {
		b.t.Fatalf("axe-core answered %T, want text", answer)
	}
	var violations []violation
	b.must("read axe-core's answer", json.Unmarshal([]byte(text), &violations))
	return violations
}
