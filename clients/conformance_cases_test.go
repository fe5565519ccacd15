//go:build integrations

package clients_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// A conformance case is a list of steps that each client makes against a server of its
// own. A text such as "$session.id" stands for what an earlier step saved.
type conformanceCase struct {
	Name  string
	Steps []step
}

// step is one call of a client, or one thing that the test does itself.
type step struct {
	request
	Faults []fault // what happens on the way, to one request after the other
	Want   any     // what the result has, at least
	Error  any     // what the error has, at least
	Save   string  // a name for the result
	Until  bool    // repeat the call until it has what it wants
	Sent   int     // how many requests it makes; zero: not counted
	Waited float64 // seconds that pass between its first and last request, at least

	Pay     *payStep // the buyer chooses a method for a session
	Deliver string   // wait for the webhook of this event type, and save it
}

type payStep struct{ Session, Method string }

const patience = 40 * time.Second

// run is a client that goes through the cases.
type run struct {
	t      *testing.T
	server *demoServer
	proxy  *proxy
	hooks  *receiver
	call   driver
	saved  map[string]any
}

func TestClientsConform(t *testing.T) {
	cases := readCases(t)
	for name, start := range drivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startDemo(t)
			hooks := newReceiver(t)
			front := newProxy(t, server.url)
			r := &run{t: t, server: server, proxy: front, hooks: hooks, call: start(t, front.url, server.key)}
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					r.t, r.saved = t, map[string]any{"receiver": hooks.url, "elsewhere": front.elsewhere}
					for i, s := range c.Steps {
						r.do(i+1, s)
					}
				})
			}
		})
	}
}

func readCases(t *testing.T) []conformanceCase {
	t.Helper()
	file, err := os.Open("conformance/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()

	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	var cases []conformanceCase
	if err := decoder.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (r *run) do(number int, s step) {
	r.t.Helper()
	switch {
	case s.Pay != nil:
		r.pay(*s.Pay)
		return
	case s.Deliver != "":
		r.saved[s.Save] = r.hooks.next(r.t, s.Deliver)
		return
	}

	s.request = filledIn(r, s.request)
	s.Faults = filledIn(r, s.Faults)
	r.proxy.expect(s.Faults)
	got := r.call(s.request)
	for end := time.Now().Add(patience); s.Until && r.differs(s, got) != "" && time.Now().Before(end); got = r.call(s.request) {
		time.Sleep(100 * time.Millisecond)
	}

	if difference := r.differs(s, got); difference != "" {
		r.t.Fatalf("step %d, %s: %s", number, s.Call, difference)
	}
	r.checkRequests(number, s)
	if s.Save != "" {
		r.saved[s.Save] = got.Result
	}
}

// differs says how an answer is not what a step wants; empty: it is.
func (r *run) differs(s step, got response) string {
	if s.Error != nil {
		if got.Error == nil {
			return fmt.Sprintf("no error, but %v", got.Result)
		}
		return lacks(got.Error, filledIn(r, s.Error), "the error")
	}
	if got.Error != nil {
		return fmt.Sprintf("failed: %v", got.Error)
	}
	return lacks(got.Result, filledIn(r, s.Want), "the result")
}

// checkRequests wants all attempts of a call to be the same request, and no fault left.
func (r *run) checkRequests(number int, s step) {
	r.t.Helper()
	seen, left := r.proxy.seen()
	if s.Sent != 0 && len(seen) != s.Sent || left != 0 {
		r.t.Fatalf("step %d, %s: sent %d times, want %d; %d faults are left", number, s.Call, len(seen), s.Sent, left)
	}
	if s.Until || s.All || len(seen) == 0 {
		return
	}

	first, last := seen[0], seen[len(seen)-1]
	for _, again := range seen {
		if again.method != first.method || again.address != first.address || again.key != first.key || again.body != first.body {
			r.t.Errorf("step %d, %s: sent %+v, then %+v", number, s.Call, first, again)
		}
	}
	if first.method == http.MethodPost && first.key == "" {
		r.t.Errorf("step %d, %s: a POST without Idempotency-Key", number, s.Call)
	}
	if passed := last.at.Sub(first.at).Seconds(); passed < s.Waited {
		r.t.Errorf("step %d, %s: %.1f seconds between the attempts, want %.1f", number, s.Call, passed, s.Waited)
	}
}

// pay starts a payment as the buyer's browser does; the simulator pays it by its amount.
func (r *run) pay(p payStep) {
	r.t.Helper()
	p = filledIn(r, p)
	answer, err := http.PostForm(r.server.url+"/c/"+url.PathEscape(p.Session)+"/payments", url.Values{"method": {p.Method}})
	if err != nil {
		r.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode >= 400 {
		r.t.Fatalf("choosing %s is answered %s", p.Method, answer.Status)
	}
}

// filledIn replaces the texts that stand for what was saved.
func filledIn[T any](r *run, value T) T {
	text, err := json.Marshal(value)
	if err != nil {
		r.t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		r.t.Fatal(err)
	}
	if text, err = json.Marshal(r.fill(plain)); err != nil {
		r.t.Fatal(err)
	}
	var filled T
	if err := json.Unmarshal(text, &filled); err != nil {
		r.t.Fatal(err)
	}
	return filled
}

func (r *run) fill(value any) any {
	switch v := value.(type) {
	case string:
		if strings.HasPrefix(v, "$") {
			return r.lookUp(v)
		}
	case []any:
		for i := range v {
			v[i] = r.fill(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = r.fill(v[name])
		}
	}
	return value
}

// lookUp finds "$name.member.0".
func (r *run) lookUp(path string) any {
	parts := strings.Split(path[1:], ".")
	value, ok := r.saved[parts[0]]
	for _, part := range parts[1:] {
		switch v := value.(type) {
		case map[string]any:
			value, ok = v[part]
		case []any:
			var i int
			_, err := fmt.Sscan(part, &i)
			if ok = err == nil && i < len(v); ok {
				value = v[i]
			}
		default:
			ok = false
		}
		if !ok {
			break
		}
	}
	if !ok {
		r.t.Fatalf("nothing is saved as %s", path)
	}
	return value
}

// lacks says what of the wanted value is not in the given one: members of objects, all
// elements of lists, other values as they are.
func lacks(got, want any, place string) string {
	switch w := want.(type) {
	case nil:
		return ""
	case map[string]any:
		g, is := got.(map[string]any)
		if !is {
			return fmt.Sprintf("%s is %v", place, got)
		}
		for name, member := range w {
			if difference := lacks(g[name], member, place+"."+name); difference != "" {
				return difference
			}
		}
		return ""

	case []any:
		g, is := got.([]any)
		if !is || len(g) != len(w) {
			return fmt.Sprintf("%s is %v, want %d elements", place, got, len(w))
		}
		for i := range w {
			if difference := lacks(g[i], w[i], fmt.Sprintf("%s[%d]", place, i)); difference != "" {
				return difference
			}
		}
		return ""
	}

	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("%s is %v, want %v", place, got, want)
	}
	return ""
}

// TestEveryClientHasEveryOperationAndField makes every call; the cases must have at least
// those about money.
func TestCasesCoverTheCallsAboutMoney(t *testing.T) {
	var called []string
	for _, c := range readCases(t) {
		for _, s := range c.Steps {
			called = append(called, s.Call)
		}
	}
	for _, name := range []string{"createSession", "getSession", "listSessions", "expireSession", "createRefund", "listRefunds", "getPayment", "listPayments", "reviewPayment", "createPaymentLink", "listEvents", "verifyWebhook", "digestMatches"} {
		if !slices.Contains(called, name) {
			t.Errorf("no case calls %s", name)
		}
	}
}
