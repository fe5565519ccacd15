package checkout_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
)

// teller is a Fake provider with a budget, lists, and answers that may be held
// back.
type teller struct {
	*fake
	budget checkout.Budget
	lists  int
	always checkout.Answer // what answers has nothing about
	hold   chan struct{}   // closed: answers come at once
	asking chan struct{}   // a value for each question that is held back
	sizes  []int           // of the questions so far
	hashes int

	answersLess int    // how many answers a list lacks
	spoiler     string // the reference that no list with it is answered for
}

func (f *teller) Budget(checkout.Account) checkout.Budget { return f.budget }
func (f *teller) BatchSize(checkout.Account) int          { return f.lists }

func (f *teller) QueryPayment(ctx context.Context, a checkout.Account, p checkout.Payment) checkout.Answer {
	return f.QueryPayments(ctx, a, []checkout.Payment{p})[0]
}

func (f *teller) QueryPayments(_ context.Context, _ checkout.Account, payments []checkout.Payment) (answers []checkout.Answer) {
	if f.hold != nil {
		f.asking <- struct{}{}
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sizes = append(f.sizes, len(payments))
	if slices.ContainsFunc(payments, func(p checkout.Payment) bool { return p.Reference == f.spoiler }) {
		return make([]checkout.Answer, len(payments))
	}
	for _, p := range payments {
		f.asked = append(f.asked, p.ID)
		answer, told := f.answers[p.Reference]
		if !told {
			answer = f.always
		}
		if len(payments) == 1 && answer.AskAlone {
			answer = checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(p, "tx-"+p.Reference, p.CreatedAt)}
		}
		answers = append(answers, answer)
	}
	if len(payments) > 1 {
		answers = answers[f.answersLess:]
	}
	return answers
}

func (f *teller) CheckHash(ctx context.Context, a checkout.Account, p checkout.Payment, hash string) checkout.Answer {
	f.mu.Lock()
	f.hashes++
	f.mu.Unlock()
	return f.fake.CheckHash(ctx, a, p, hash)
}

func (f *teller) questions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sizes)
}

// verifierHarness is a service over a store in memory with a teller, at seven in the
// morning.
type verifierHarness struct {
	process
	t      *testing.T
	store  *memory
	teller *teller
	mu     sync.Mutex
	now    time.Time
}

func newDesk(t *testing.T, budget checkout.Budget) *verifierHarness {
	d := &verifierHarness{t: t, now: dawn.Add(7 * time.Hour)}
	d.teller = &teller{fake: &fake{answers: map[string]checkout.Answer{}}, budget: budget, lists: 1, always: checkout.Answer{Verdict: checkout.VerdictPending}}
	d.store = newMemory(checkout.Merchant{ID: "klaing", Name: "Coffee Klaing", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		checkout.Account{ID: "acct_1", MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong"})
	d.process = newProcess(checkout.Config{Store: d.store, Providers: []checkout.Provider{d.teller}, BaseURL: "https://pay.example", Now: d.clock})
	return d
}

func (d *verifierHarness) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *verifierHarness) move(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// pass moves the clock second by second, with a look at each and, while
// somebody watches, a poll.
func (d *verifierHarness) pass(seconds int, watched ...checkout.Purchase) {
	d.t.Helper()
	for range seconds {
		d.move(time.Second)
		for _, p := range watched {
			d.MarkViewed(p.Latest().ID)
		}
		if err := d.Tick(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		d.Wait()
	}
}

func (d *verifierHarness) open() checkout.Purchase {
	d.t.Helper()
	session, err := d.CreateSession(d.t.Context(), "klaing", checkout.ModeTest, params(), checkout.IdempotentRequest{})
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := d.StartPayment(d.t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *verifierHarness) claim(p checkout.Purchase, hash string) checkout.Purchase {
	d.t.Helper()
	p, err := d.ReportPaid(d.t.Context(), p.Session.ID, verifier.PaidParams{Hash: hash})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *verifierHarness) reload(p checkout.Purchase) checkout.Purchase {
	d.t.Helper()
	p, err := d.Purchase(d.t.Context(), p.Session.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// exhaust leaves nothing of the day's allowance but the reserve.
func (d *verifierHarness) exhaust() {
	d.t.Helper()
	err := d.store.UpdateQuota(d.t.Context(), "acct_1", func(m *verifier.Quota) {
		m.Day, m.CountedAt, m.Queries, m.InHand = dawn, d.clock(), 90, 0
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

var hundred = checkout.Budget{PerDay: 100}

func TestScarceQuestionsAreNotSpentOnSecondsOldPayments(t *testing.T) {
	d := newDesk(t, hundred)
	p := d.open()
	d.pass(19, p)
	if n := d.teller.questions(); n != 0 {
		t.Errorf("%d questions in the first 19 s", n)
	}
	d.pass(1, p)
	if n := d.teller.questions(); n != 1 {
		t.Errorf("%d questions after 20 s", n)
	}
	d.pass(29, p)
	if n := d.teller.questions(); n != 1 {
		t.Errorf("%d questions within half a minute of the first", n)
	}
}

func TestClaimIsAskedAboutBeforeAnythingElse(t *testing.T) {
	d := newDesk(t, hundred)
	watched, claimed := d.open(), d.open()
	d.claim(claimed, "")
	d.pass(1, watched)
	if want := []string{claimed.Latest().ID}; !slices.Equal(d.teller.asked, want) {
		t.Errorf("asked about %v, want %v", d.teller.asked, want)
	}
}

func TestListFillsUpWithWhatIsDue(t *testing.T) {
	for _, c := range []struct {
		due, watched int
		questions    []int
	}{
		{80, 0, []int{30, 50}},
		{60, 0, []int{50}}, // ten more would be a sparse list
		{60, 55, []int{10, 50}},
	} {
		d := newDesk(t, hundred)
		d.teller.lists = 50
		var watched []checkout.Purchase
		for i := range c.due {
			if p := d.open(); i < c.watched {
				watched = append(watched, p)
			}
		}
		d.move(time.Minute)
		d.pass(1, watched...)
		slices.Sort(d.teller.sizes)
		if !slices.Equal(d.teller.sizes, c.questions) {
			t.Errorf("%d due, %d watched: questions of %v, want %v", c.due, c.watched, d.teller.sizes, c.questions)
		}
	}
}

func TestBuyerIsToldWhenNoQuestionCanBeAsked(t *testing.T) {
	d := newDesk(t, hundred)
	d.exhaust()
	p := d.open()
	started := d.reload(p).Session.Version
	d.pass(31, p)
	if got := d.reload(p); got.Latest().Delayed {
		t.Error("told before half a minute of waiting")
	}
	d.pass(30, p)
	if got := d.reload(p); !got.Latest().Delayed || got.Session.Version != started+1 || d.teller.questions() != 0 {
		t.Errorf("delayed %v, version %d after %d, %d questions", got.Latest().Delayed, got.Session.Version, started, d.teller.questions())
	}
	if err := d.store.UpdateQuota(t.Context(), "acct_1", func(m *verifier.Quota) { m.Queries, m.InHand = 50, 2 }); err != nil {
		t.Fatal(err)
	}
	d.pass(1, p)
	if got := d.reload(p); got.Latest().Delayed || got.Session.Version != started+2 || d.teller.questions() != 1 {
		t.Errorf("after the answer: delayed %v, version %d, %d questions", got.Latest().Delayed, got.Session.Version, d.teller.questions())
	}
}

func TestNobodyIsToldOfADelayWhileNobodyLooks(t *testing.T) {
	d := newDesk(t, hundred)
	d.exhaust()
	p := d.open()
	d.pass(60)
	if got := d.reload(p); got.Latest().Delayed {
		t.Error("marked as delayed")
	}
}

func TestDailyLimitIsLearntForTheNextDay(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	p := d.open()
	midnight := dawn.Add(24 * time.Hour)
	d.teller.always = checkout.Answer{LimitReached: true, DailyLimit: 40, Cause: errors.New("errorCode 17")}
	d.pass(60, p)
	if n := d.teller.questions(); n != 1 {
		t.Errorf("%d questions after the limit was told", n)
	}
	if got := d.reload(p); got.Latest().Status != checkout.PaymentRequiresAction || !got.Latest().Doubtful {
		t.Errorf("payment %s, doubtful %v", got.Latest().Status, got.Latest().Doubtful)
	}
	d.teller.always = checkout.Answer{Verdict: checkout.VerdictPending}
	d.mu.Lock()
	d.now = midnight
	d.mu.Unlock()
	for range 60 {
		d.open()
	}
	d.pass(2 * 3600)
	if n := d.teller.questions() - 1; n < 2 || n > 40/12+36*2/24+1 {
		t.Errorf("%d questions in the first two hours of a day of 40", n)
	}
}

func TestPauseThatAProviderAsksForIsKept(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	p := d.open()
	d.teller.always = checkout.Answer{PauseUntil: d.clock().Add(42 * time.Second)}
	d.pass(41, p)
	if n := d.teller.questions(); n != 1 {
		t.Errorf("%d questions in the pause", n)
	}
	d.pass(1, p)
	if n := d.teller.questions(); n != 2 {
		t.Errorf("%d questions after it", n)
	}
}

func TestSilentProviderIsProbedByOneQuestionAtATime(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.always = checkout.Answer{}
	var all []checkout.Purchase
	for range 10 {
		all = append(all, d.open())
	}
	d.pass(60, all...)
	first := d.teller.questions()
	if first > 10+17 {
		t.Errorf("%d questions in a minute without an answer", first)
	}
	d.pass(60, all...)
	if n := d.teller.questions() - first; n < 12 || n > 16 {
		t.Errorf("%d probes in the next minute, want one each 4 s", n)
	}
	d.teller.always = checkout.Answer{Verdict: checkout.VerdictPending}
	d.pass(20, all...)
	recovered := d.teller.questions()
	d.pass(10, all...)
	if n := d.teller.questions() - recovered; n < 20 {
		t.Errorf("%d questions in ten seconds after it recovered", n)
	}
}

func TestQuestionsInFlightAreBoundedAndTickDoesNotWait(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.hold, d.teller.asking = make(chan struct{}), make(chan struct{}, 100)
	for range 40 {
		d.open()
	}
	for range 3 {
		d.move(3 * time.Second)
		if err := d.Tick(t.Context()); err != nil { // returns though nothing is answered
			t.Fatal(err)
		}
	}
	for range 16 {
		<-d.teller.asking
	}
	close(d.teller.hold)
	d.Wait()
	if n := d.teller.questions(); n != 16 {
		t.Errorf("%d questions at once", n)
	}
}

func TestStopWaitsForTheQuestionsUnderWay(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.hold, d.teller.asking = make(chan struct{}), make(chan struct{}, 100)
	p := d.open()
	d.teller.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", d.clock())})
	d.move(3 * time.Second)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		d.Run(ctx)
		close(stopped)
	}()
	<-d.teller.asking
	stop()
	select {
	case <-stopped:
		t.Error("stopped with a question under way")
	default:
	}
	close(d.teller.hold)
	<-stopped
	if got := d.reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("the answer was not recorded: session %s", got.Session.Status)
	}
}

func TestPaidInAListWithoutProofIsAskedAboutAlone(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.lists = 50
	var all []checkout.Purchase
	for range 3 {
		all = append(all, d.open())
	}
	d.teller.say(*all[1].Latest(), checkout.Answer{Verdict: checkout.VerdictProcessing, AskAlone: true})
	d.pass(3)
	if want := []int{3, 1}; !slices.Equal(d.teller.sizes, want) {
		t.Errorf("questions of %v, want %v", d.teller.sizes, want)
	}
	if got := d.reload(all[1]); got.Session.Status != checkout.SessionComplete {
		t.Errorf("session %s", got.Session.Status)
	}
	if got := d.store.meter.Queries; got != 2 {
		t.Errorf("%d questions counted for two", got)
	}
}

func TestPaidInAListWithoutProofWaitsForTheBudget(t *testing.T) {
	d := newDesk(t, checkout.Budget{PerSecond: 0.1})
	d.teller.lists = 50
	p := d.open()
	d.open()
	d.teller.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictProcessing, AskAlone: true})
	d.pass(3)
	if got := d.reload(p); got.Latest().Status != checkout.PaymentProcessing || got.Latest().NextCheckAt.IsZero() || !slices.Equal(d.teller.sizes, []int{2}) {
		t.Errorf("payment %s, next at %v, questions of %v", got.Latest().Status, got.Latest().NextCheckAt, d.teller.sizes)
	}
}

func TestClosedPaymentStaysDueUntilItIsAskedAbout(t *testing.T) {
	d := newDesk(t, hundred)
	p := d.open()
	d.exhaust()
	pause := d.clock().Add(72 * time.Hour)
	if err := d.store.UpdateQuota(t.Context(), "acct_1", func(m *verifier.Quota) { m.PausedUntil = pause }); err != nil {
		t.Fatal(err)
	}
	d.move(48 * time.Hour)
	d.pass(1)
	d.teller.say(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: paid(*p.Latest(), "tx", p.Latest().CreatedAt.Add(time.Minute))})
	d.move(24 * time.Hour)
	d.pass(60)
	if got := d.reload(p); got.Session.Status != checkout.SessionComplete {
		t.Errorf("paid in time, asked three days later: session %s, payment %s", got.Session.Status, got.Latest().Status)
	}
}

func TestSessionEndsWithTheAnswerItWaitedFor(t *testing.T) {
	d := newDesk(t, hundred)
	p := d.open()
	d.exhaust()
	d.move(30 * time.Minute)
	d.pass(60)
	if got := d.reload(p); got.Session.Status != checkout.SessionOpen {
		t.Fatalf("session %s though nobody could ask about the last moment", got.Session.Status)
	}
	if err := d.store.UpdateQuota(t.Context(), "acct_1", func(m *verifier.Quota) { m.Queries, m.InHand = 0, 7 }); err != nil {
		t.Fatal(err)
	}
	d.pass(1)
	if got := d.reload(p); got.Session.Status != checkout.SessionExpired || d.teller.questions() != 1 {
		t.Errorf("session %s after %d questions", got.Session.Status, d.teller.questions())
	}
}

// meeting is a store in which updates wait for each other.
type meeting struct {
	*memory
	missing sync.WaitGroup
}

func (m *meeting) Update(ctx context.Context, id string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	m.missing.Done()
	m.missing.Wait()
	return m.memory.Update(ctx, id, change)
}

func TestAnswersOfAListAreRecordedTogether(t *testing.T) {
	d := newDesk(t, checkout.Budget{})
	d.teller.lists = 50
	const payments = 3
	for range payments {
		d.open()
	}
	store := &meeting{memory: d.store}
	store.missing.Add(payments)
	service := newProcess(checkout.Config{Store: store, Providers: []checkout.Provider{d.teller}, BaseURL: "https://pay.example", Now: d.clock})
	d.move(3 * time.Second)
	if err := service.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	recorded := make(chan struct{})
	go func() {
		service.Wait()
		close(recorded)
	}()
	select {
	case <-recorded:
	case <-time.After(10 * time.Second):
		t.Fatal("one answer waits for another to be recorded")
	}
}
