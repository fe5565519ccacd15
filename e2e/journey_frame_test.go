//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestJourneyInAFrameOfTheShop pays on a page that the shop frames. The shop is
// at another site than the checkout, so no cookie helps.
func TestJourneyInAFrameOfTheShop(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	checkout := strings.Replace(d.newSession(), "127.0.0.1", "localhost", 1)
	framing := d.URL("shop") + "/framing"
	v.must("serve the shop's page", v.Page.Route(framing, func(r playwright.Route) {
		_ = r.Fulfill(playwright.RouteFulfillOptions{
			ContentType: playwright.String("text/html"), Body: fmt.Sprintf(`<title>Shop</title><iframe src="%s" width="400" height="900"></iframe>`, checkout),
		})
	}))

	v.Open(framing)
	frame := v.Page.FrameLocator("iframe")
	v.must("choose KHQR", frame.Locator("button[value=khqr]").Click())
	code, err := frame.Locator("[data-copy]").First().GetAttribute("data-copy")
	v.must("read the code", err)
	v.must("say it is paid", frame.GetByText("I have paid").Click())
	d.payCode(code)
	v.must("see it paid", v.expect.Locator(frame.Locator("#checkout[data-state=paid]")).ToBeVisible())
}
