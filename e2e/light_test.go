//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// What the first view may weigh, headers included, and what a poll may.
const (
	maxRequests  = 5
	maxFirstView = 30 << 10
	maxPoll      = 1 << 10
)

// traffic is what a page has loaded, as Chromium counts it.
type traffic struct {
	mu     sync.Mutex
	urls   map[string]string // request id → address
	sent   []string          // addresses that are loaded, in order
	weight map[string]int    // address → bytes on the wire
}

func (v *visitor) watchTraffic() (*traffic, playwright.CDPSession) {
	v.t.Helper()
	cdp, err := v.Context.NewCDPSession(v.Page)
	v.must("talk to Chromium", err)
	seen := &traffic{urls: map[string]string{}, weight: map[string]int{}}
	cdp.On("Network.requestWillBeSent", func(e map[string]any) {
		request, _ := e["request"].(map[string]any)
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if address := fmt.Sprint(request["url"]); !strings.HasPrefix(address, "data:") {
			seen.urls[fmt.Sprint(e["requestId"])] = address
		}
	})

	cdp.On("Network.loadingFinished", func(e map[string]any) {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if address, ok := seen.urls[fmt.Sprint(e["requestId"])]; ok {
			bytes, _ := e["encodedDataLength"].(float64)
			seen.sent = append(seen.sent, address)
			seen.weight[address] = int(bytes)
		}
	})

	_, err = cdp.Send("Network.enable", map[string]any{})
	v.must("watch the network", err)
	return seen, cdp
}

// firstView is everything but polls, and the pictures that come after it: logos,
// and the code once more, to save.
func (s *traffic) firstView() (addresses []string, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, address := range s.sent {
		if !strings.Contains(address, "/status?") && !strings.Contains(address, "/logos/") && !strings.Contains(address, "/qr.png") {
			addresses = append(addresses, fmt.Sprint(address, " ", s.weight[address]))
			bytes += s.weight[address]
		}
	}
	return addresses, bytes
}

// poll is the weight of one that has come; zero before.
func (s *traffic) poll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for address, bytes := range s.weight {
		if strings.Contains(address, "/status?") {
			return bytes
		}
	}
	return 0
}

// newSession is a checkout that nobody has looked at.
func (d *demo) newSession() (address string) {
	d.t.Helper()
	var session struct {
		URL string `json:"url"`
	}
	d.call("POST", d.URL("checkout")+"/v1/checkout/sessions", map[string]any{
		"amount": "2.50", "currency": "USD", "reference": fmt.Sprint("light-", time.Now().UnixNano()),
		"success_url": d.URL("shop") + "/thanks", "cancel_url": d.URL("shop") + "/canceled", "description": "Iced coffee",
	}, &session)
	return session.URL
}

const sumOfShifts = `() => new Promise(done => {
	let sum = 0;
	new PerformanceObserver(list => { for (const e of list.getEntries()) { sum += e.value; } }).observe({type: "layout-shift", buffered: true});
	setTimeout(() => done(sum), 300);
})`

func TestPageIsLight(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	seen, _ := v.watchTraffic()
	v.Open(d.newSession())
	v.checkFirstView(seen, "choosing")
	v.Press("KHQR")
	v.SeeState("qr_waiting")
	v.checkShifts()
	d.poll("be polled", func() bool { return seen.poll() > 0 })
	if bytes := seen.poll(); bytes > maxPoll {
		t.Errorf("a poll weighs %d bytes, at most %d", bytes, maxPoll)
	}
}

func (v *visitor) checkFirstView(seen *traffic, state string) {
	v.t.Helper()
	v.SeeState(state)
	v.must("load", v.Page.WaitForLoadState(playwright.PageWaitForLoadStateOptions{State: playwright.LoadStateLoad}))
	addresses, bytes := seen.firstView()
	v.t.Logf("%s: %d bytes in %d requests", state, bytes, len(addresses))
	if len(addresses) > maxRequests || bytes > maxFirstView || len(addresses) < 3 {
		v.t.Errorf("the first view is %d bytes in %d requests, at most %d in %d:\n%s",
			bytes, len(addresses), maxFirstView, maxRequests, strings.Join(addresses, "\n"))
	}
	v.checkShifts()
}

func (v *visitor) checkShifts() {
	v.t.Helper()
	shifts, err := v.Page.Evaluate(sumOfShifts)
	v.must("measure layout shifts", err)
	if fmt.Sprint(shifts) != "0" {
		v.t.Errorf("%s shifts by %v", v.Page.URL(), shifts)
	}
}

func TestFirstViewOfACodeIsLight(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	address := d.newSession()
	first := newVisitor(t, phone)
	first.Open(address)
	first.ChooseKHQR()
	v := newVisitor(t, phone)
	seen, _ := v.watchTraffic()
	v.Open(address)
	v.checkFirstView(seen, "qr_waiting")
}

// TestNothingMovesWhenScriptsComeLate holds the scripts back until the page has
// been painted, as a busy or slow device does, and lets them in then.
func TestNothingMovesWhenScriptsComeLate(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	address := d.newSession()
	first := newVisitor(t, phone)
	first.shopKnowsTheOrder()
	first.Open(address)
	first.ChooseKHQR()
	code := first.ReadQR(".code-area")
	for _, page := range []struct{ address, state string }{
		{d.newSession(), "choosing"}, {address, "qr_waiting"},
	} {
		newVisitor(t, phone).seeStillUnderLateScripts(page.address, page.state)
	}

	d.payCode(code)
	first.SeeState("paid")
	newVisitor(t, phone).seeStillUnderLateScripts(address, "paid")
}

// shopKnowsTheOrder answers for the shop, which did not make the session itself.
func (v *visitor) shopKnowsTheOrder() {
	v.t.Helper()
	v.must("answer for the shop", v.Page.Route("**/thanks?*", func(route playwright.Route) {
		if err := route.Fulfill(playwright.RouteFulfillOptions{Body: "Thank you"}); err != nil {
			v.t.Errorf("answer for the shop: %v", err)
		}
	}))
}

func (v *visitor) seeStillUnderLateScripts(address, state string) {
	v.t.Helper()
	v.shopKnowsTheOrder()
	painted := make(chan struct{})
	v.must("hold the scripts back", v.Page.Route("**/static/checkout.*.js", func(route playwright.Route) {
		go func() {
			<-painted
			if err := route.Continue(); err != nil {
				v.t.Errorf("let the scripts in: %v", err)
			}
		}()
	}))

	_, err := v.Page.Goto(address, playwright.PageGotoOptions{WaitUntil: playwright.WaitUntilStateCommit})
	v.must("open the page", err)
	_, err = v.Page.Evaluate(`() => new Promise(done => new PerformanceObserver(() => requestAnimationFrame(() => requestAnimationFrame(done)))
		.observe({type: "paint", buffered: true}))`)
	v.must("see the page painted", err)
	close(painted)
	v.SeeState(state)
	v.SeeElement("#checkout[data-ready]")
	v.checkShifts()
	if state != "qr_waiting" {
		return
	}

	_, err = v.Page.Evaluate(`() => { const left = document.querySelector("[data-countdown]"); left.textContent = "10:00";
		return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => { left.textContent = "9:59"; done(); }))); }`)
	v.must("let a figure go from the countdown", err)
	v.checkShifts()
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	assets := 0
	v.Page.OnResponse(func(r playwright.Response) {
		if strings.Contains(r.URL(), "/static/") {
			assets++
			if kept := r.Headers()["cache-control"]; !strings.Contains(kept, "immutable") {
				t.Errorf("%s: Cache-Control %q", r.URL(), kept)
			}
			if packed := r.Headers()["content-encoding"]; packed != "br" && packed != "gzip" && !strings.Contains(r.URL(), "/theme/") {
				t.Errorf("%s is not packed", r.URL())
			}
		}
	})

	v.Open(d.newSession())
	v.SeeState("choosing")
	if assets == 0 {
		t.Error("no assets")
	}
}

// TestPageWorksOn2G pays over a GPRS line: half a second each way and back,
// 50 kbit/s.
func TestPageWorksOn2G(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	_, cdp := v.watchTraffic()
	_, err := cdp.Send("Network.emulateNetworkConditions", map[string]any{
		"offline": false, "latency": 500, "downloadThroughput": 50_000 / 8, "uploadThroughput": 20_000 / 8,
	})
	v.must("slow the network down", err)
	v.Open(d.newSession())
	v.ChooseKHQR()
	d.payCode(v.ReadQR(".code-area"))
	v.SeeState("paid")
}
