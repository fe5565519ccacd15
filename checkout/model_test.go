package checkout

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

// model drives one purchase by a script and holds each step to what Rieltime
// promises. It knows the promises only, not the rules by which they are kept.
type model struct {
	t           *testing.T
	script      []byte
	log         []string
	steps       int
	p           *Purchase
	now         time.Time
	before      Purchase             // as it was before the step
	amount      Money                // what the session was made for
	seen        map[string]bool      // transactions that came with a proof about this purchase
	named       map[string]bool      // those that came by their hash alone
	over        map[string]bool      // attempts that their provider told to be closed for good
	lost        map[string]bool      // attempts whose creation was never answered
	lastVerdict map[string]Verdict   // the last answer about each attempt
	checked     map[string]time.Time // the latest time by the clock, which may be set back, of an answer about each attempt
}

func newModel(t *testing.T, script []byte) *model {
	m := &model{
		t: t, script: script, now: noon, amount: Money{1000, USD}, seen: map[string]bool{}, named: map[string]bool{}, over: map[string]bool{},
		lastVerdict: map[string]Verdict{}, checked: map[string]time.Time{}, lost: map[string]bool{},
	}
	m.p = &Purchase{
		LimitedLink: m.pick("limited link", false, false, true).(bool),
		Merchant: Merchant{
			ID: "klaing", LatePayments: m.pick("policy", LateReview, LateAccept).(LatePolicy), FixedTime: m.pick("fixed time", false, false, true).(bool),
		},
		Session: Session{
			ID: "cs_1", MerchantID: "klaing", Mode: ModeTest, Status: SessionOpen, Amount: m.amount,
			CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Minute), Version: 1,
		},
	}
	return m
}

// next is the script's next choice below n; 0 once it has run out.
func (m *model) next(n int) int {
	if len(m.script) == 0 {
		return 0
	}
	choice := int(m.script[0]) % n
	m.script = m.script[1:]
	return choice
}

func (m *model) pick(what string, choices ...any) any {
	choice := choices[m.next(len(choices))]
	m.log = append(m.log, fmt.Sprintf("  %s %v", what, choice))
	return choice
}

// run plays the script to its end.
func (m *model) run() {
	for ; len(m.script) > 0 && !m.t.Failed(); m.steps++ {
		m.now = m.now.Add(m.pick("wait", time.Duration(0), time.Second, 20*time.Second, 3*time.Minute, 31*time.Minute, 25*time.Hour,
			-time.Second, -10*time.Minute).(time.Duration))
		m.before = Purchase{Session: m.p.Session, Payments: slices.Clone(m.p.Payments), Refunds: slices.Clone(m.p.Refunds)}
		m.p.events = nil
		m.step()
		m.check()
	}
	if m.t.Failed() {
		for _, line := range m.log {
			m.t.Log(line)
		}
	}
}

// step does one thing that a buyer, a merchant, a provider or the clock does.
// Without an attempt only some can.
func (m *model) step() {
	do := []func(){
		m.start, m.expire, m.expireNow, m.cancel, m.extend, m.began, m.refuse, m.lose, m.claim, m.wake, m.reopen, m.doubt, m.delay, m.notice,
		m.settle, m.settle, m.contest, m.takeAway, m.conflict, m.decide,
	}
	n := len(do)
	if len(m.p.Payments) == 0 {
		n = 5
	}
	do[m.next(n)]()
}

func (m *model) note(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

func (m *model) start() {
	id := fmt.Sprintf("pay_%d", len(m.p.Payments)+1)
	open := m.p.Session.Status == SessionOpen && m.now.Before(m.p.Session.ExpiresAt)
	err := m.p.Start(Payment{
		ID: id, SessionID: "cs_1", Provider: "bakong", Method: "khqr", Reference: "R" + id, Payees: []string{payee},
		Amount: m.p.Session.Amount, Status: PaymentCreated, CreatedAt: m.now, ExpiresAt: m.p.Session.ExpiresAt,
	}, m.now)
	m.note("start %s: %v", id, err)
	if open != (err == nil) {
		m.t.Errorf("open: %t, starting gives %v", open, err)
	}
}

// extend gives more time exactly where there is more to be had.
func (m *model) extend() {
	was := m.p.Session.ExpiresAt
	open := m.p.Session.Status == SessionOpen && m.now.Before(was)
	more := open && !m.p.Merchant.FixedTime && !m.p.LimitedLink && was.Sub(noon) < 24*time.Hour
	err := m.p.Extend(m.now)
	m.note("extend to %s: %v", m.p.Session.ExpiresAt.Format(time.DateTime), err)
	if open != (err == nil) || more != m.p.Session.ExpiresAt.After(was) {
		m.t.Errorf("open: %t, more to be had: %t; extending gives %v and %v more", open, more, err, m.p.Session.ExpiresAt.Sub(was))
	}
}

// attempt is one of those that there are.
func (m *model) attempt() *Payment { return &m.p.Payments[m.next(len(m.p.Payments))] }

// began answers an attempt's creation once; the answer may come after the
// attempt was closed.
func (m *model) began() {
	payment := m.attempt()
	if payment.NextAction.Kind != ActionNone || payment.Status == PaymentFailed || payment.Proof != nil || m.lost[payment.ID] {
		return
	}
	m.note("began %s", payment.ID)
	m.p.RecordCreated(payment.ID, Created{
		NextAction: NextAction{Kind: ActionQRCode, QRCode: "0002"}, ExpiresAt: payment.CreatedAt.Add(5 * time.Minute),
	}, true, m.now)
}

func (m *model) refuse() {
	payment := m.attempt()
	if payment.NextAction.Kind == ActionNone && !m.lost[payment.ID] {
		m.note("refuse %s", payment.ID)
		m.lastVerdict[payment.ID] = VerdictFailed
		m.p.RecordRefused(payment.ID, "refused", "no", m.now)
	}
}

// lose has the answer to an attempt's creation lost: there is none later.
func (m *model) lose() {
	payment := m.attempt()
	if payment.NextAction.Kind != ActionNone || payment.Status == PaymentFailed || payment.Proof != nil || m.lost[payment.ID] {
		return
	}
	m.note("lose %s", payment.ID)
	m.lost[payment.ID], m.lastVerdict[payment.ID] = true, VerdictUnknown
	m.p.MarkLost(payment.ID, Created{}, true, m.now)
}

func (m *model) claim() { id := m.attempt().ID; m.note("claim %s", id); m.p.ReportPaid(id, m.now) }
func (m *model) wake()  { id := m.attempt().ID; m.note("wake %s", id); m.p.Wake(id, m.now) }
func (m *model) reopen() {
	id := m.attempt().ID
	m.note("reopen %s", id)
	m.over[id] = false
	m.p.Reopen(id, m.now)
}
func (m *model) doubt()     { m.note("doubt"); m.p.ReviewUnanswered(m.now) }
func (m *model) delay()     { id := m.attempt().ID; m.note("delay %s", id); m.p.MarkDelayed(id, m.now) }
func (m *model) expire()    { m.note("expire"); m.p.Expire(m.now) }
func (m *model) expireNow() { m.note("expire now: %v", m.p.ExpireNow(m.now)) }
func (m *model) cancel()    { m.note("cancel: %v", m.p.Cancel(m.now)) }

func (m *model) notice() {
	payment := m.attempt()
	if payment.NextCheckAt.IsZero() {
		return // nobody asks
	}
	verdict := m.pick("verdict", VerdictPending, VerdictUnknown, VerdictProcessing, VerdictFailed, VerdictClosed).(Verdict)
	m.note("heard %s", payment.ID)
	m.over[payment.ID] = m.over[payment.ID] || verdict == VerdictClosed
	m.lastVerdict[payment.ID] = verdict
	m.p.RecordAnswer(payment.ID, Answer{Verdict: verdict, Reason: "no"}, m.now)
}

// settle brings a transaction: one of a few, so that they come again, with
// the right money or not.
func (m *model) settle() {
	payment := m.attempt()
	if payment.NextAction.Kind == ActionNone && payment.NextCheckAt.IsZero() {
		return // the buyer never had what to pay it with
	}
	transaction := fmt.Sprintf("tx_%d", m.next(6))
	money := m.pick("money", m.amount, m.amount, m.amount, Money{999, USD}, Money{1000, KHR}).(Money)
	paidAt := m.pick("paid at", m.now, m.now.Add(-20*time.Minute), m.now.Add(-26*time.Hour), time.Time{}).(time.Time)
	to := m.pick("to", payee, payee, payee, payee, "thief@devb").(string)
	source := m.pick("source", SourceQuery, SourceQuery, SourceHash).(Source)
	if source == SourceHash && (money != m.amount || to != payee) {
		return // what does not fit is not claimed
	}
	known := m.p.recorded(Proof{Provider: "bakong", TransactionID: transaction})
	stands := known != nil && (known.Proof.Source != SourceHash || known.GivenBack() || known.Decision != nil && known.Decision.Decision != DecisionRefuse)
	outcome := m.p.Settle(payment.ID, Proof{Provider: "bakong", Source: source, Payee: to, Amount: money, TransactionID: transaction, PaidAt: paidAt}, m.now)
	m.note("settle %s by %s: %s", payment.ID, transaction, outcome)
	repeated := m.seen[transaction] || m.named[transaction] && source == SourceHash || stands
	if (outcome == OutcomeRepeated) != repeated && known != nil && known.ID != m.p.Session.PaymentID {
		m.t.Errorf("%s is %s; it came before: %t", transaction, outcome, repeated)
	}
	if source == SourceHash && outcome != OutcomeClaimed && outcome != OutcomeRepeated {
		m.t.Errorf("%s, named by its hash, is %s", transaction, outcome)
	}
	m.seen[transaction] = m.seen[transaction] || source != SourceHash
	m.named[transaction] = m.named[transaction] || source == SourceHash
	if known != nil && source != SourceHash {
		m.lastVerdict[payment.ID] = VerdictPending // its money is known, elsewhere
	}
}

// contest has the provider say that a payment which succeeded failed.
func (m *model) contest() {
	if payment := m.attempt(); payment.Status == PaymentSucceeded {
		m.note("contest %s", payment.ID)
		m.p.recordFailureAfterProof(payment, "", m.now)
	}
}

// takeAway has another purchase prove that a transaction named here is its own.
func (m *model) takeAway() {
	payment := m.attempt()
	if payment.Proof == nil {
		return
	}
	taken := payment.Proof.Source == SourceHash && !payment.TransactionLost
	m.note("take away from %s", payment.ID)
	m.p.GiveUp(payment.ID, payment.Proof.TransactionID, m.now)
	if lost := m.p.Payment(payment.ID); taken && (lost.Review != ReviewContested || lost.Decision != nil || lost.Refundable().Minor != 0) {
		m.t.Errorf("%s lost its transaction: review %q, %+v, refundable %v", lost.ID, lost.Review, lost.Decision, lost.Refundable())
	}
}

// conflict brings a proof whose transaction another purchase's payment has.
func (m *model) conflict() {
	payment := m.attempt()
	transaction := fmt.Sprintf("tx_%d", m.next(6))
	if len(payment.Payees) == 0 || m.seen[transaction] || m.named[transaction] {
		return
	}
	source := m.pick("source", SourceQuery, SourceHash).(Source)
	proof := Proof{Provider: "bakong", Source: source, Payee: payee, Amount: m.amount, TransactionID: transaction, PaidAt: m.now}
	outcome := m.p.conflict(payment.ID, proof, Payment{Proof: &proof, AccountID: payment.AccountID}, m.now)
	m.note("conflict %s by %s: %s", payment.ID, transaction, outcome)
	if source != SourceHash {
		m.lastVerdict[payment.ID] = VerdictPending
	}
	m.seen[transaction] = m.seen[transaction] || source != SourceHash
	m.named[transaction] = m.named[transaction] || source == SourceHash
}

// decide has the merchant decide about a payment.
func (m *model) decide() {
	payment := m.attempt()
	decision := m.pick("decision", DecisionAccept, DecisionRefunded, DecisionRefuse).(Decision)
	err := m.p.Decide(payment.ID, ReviewDecision{Decision: decision, At: m.now}, fmt.Sprintf("re_%d", m.steps))
	m.note("decide %s: %v", payment.ID, err)
}

func (m *model) check() {
	m.checkSession()
	m.checkTransactions()
	for i, payment := range m.p.Payments {
		was := Payment{Status: PaymentCreated, Amount: m.amount}
		if i < len(m.before.Payments) {
			was = m.before.Payments[i]
		}
		m.checkPayment(was, payment)
	}
	m.checkVersion()
	m.checkEvents()
}

func (m *model) checkSession() {
	was, is := m.before.Session, m.p.Session
	switch {
	case is.Amount != m.amount:
		m.t.Errorf("the session's amount became %v", is.Amount)
	case was.Status == SessionComplete && (is.Status != SessionComplete || is.PaymentID != was.PaymentID):
		m.t.Errorf("complete by %s became %s by %s", was.PaymentID, is.Status, is.PaymentID)
	case was.Status != SessionOpen && is.Status == SessionOpen:
		m.t.Errorf("%s became open", was.Status)
	case is.ExpiresAt.Before(was.ExpiresAt) || is.ExpiresAt.Sub(was.ExpiresAt) > 30*time.Minute || is.ExpiresAt.Sub(is.CreatedAt) > 24*time.Hour:
		m.t.Errorf("the session's end went from %v to %v", was.ExpiresAt, is.ExpiresAt)
	case was.Status != SessionOpen && is.ExpiresAt != was.ExpiresAt:
		m.t.Errorf("%s, and its end moved to %v", was.Status, is.ExpiresAt)
	case (is.Status == SessionOpen) != is.ClosedAt.IsZero():
		m.t.Errorf("%s, closed at %v", is.Status, is.ClosedAt)
	}
	var completing []string
	for _, payment := range m.p.Payments {
		if payment.Status == PaymentSucceeded && (payment.Review == ReviewNone || payment.ID == is.PaymentID) {
			completing = append(completing, payment.ID)
		}
	}
	if is.Status == SessionComplete && !slices.Equal(completing, []string{is.PaymentID}) || is.Status != SessionComplete && len(completing) > 0 {
		m.t.Errorf("%s by %q; payments that complete it: %v", is.Status, is.PaymentID, completing)
	}
}

// checkTransactions wants each transaction that came with one payment.
func (m *model) checkTransactions() {
	payments := map[string]int{}
	for _, payment := range m.p.Payments {
		if payment.Proof != nil {
			payments[payment.Proof.TransactionID]++
		}
	}
	came := map[string]bool{}
	for transaction, yes := range m.seen {
		came[transaction] = yes || m.named[transaction]
	}
	maps.DeleteFunc(came, func(_ string, yes bool) bool { return !yes })
	for transaction := range came {
		if payments[transaction] != 1 {
			m.t.Errorf("%s is with %d payments", transaction, payments[transaction])
		}
	}
	if len(payments) != len(came) {
		m.t.Errorf("%d transactions came, %d are known", len(came), len(payments))
	}
}

func (m *model) checkPayment(was, is Payment) {
	proved := is.Proof != nil
	switch {
	case is.Amount != m.amount:
		m.t.Errorf("%s: the amount became %v", is.ID, is.Amount)
	case statusRank[is.Status] < statusRank[was.Status]:
		m.t.Errorf("%s: %s became %s", is.ID, was.Status, is.Status)
	case was.Status.Closed() && is.Status != was.Status && is.Status != PaymentSucceeded:
		m.t.Errorf("%s: %s became %s", is.ID, was.Status, is.Status)
	case was.Proof != nil && was.Proof.Source != SourceHash && !reflect.DeepEqual(was.Proof, is.Proof):
		m.t.Errorf("%s: the proof changed", is.ID)
	case was.Review != ReviewNone && was.Review != ReviewUnknown && is.Review != was.Review && is.Review != ReviewContested && !m.confirmed(was, is):
		m.t.Errorf("%s: review %s became %s", is.ID, was.Review, is.Review)
	case is.Status == PaymentSucceeded && is.Proof.Source == SourceHash && is.Review != ReviewContested &&
		(is.Decision == nil || is.Decision.Decision != DecisionAccept):
		m.t.Errorf("%s: succeeded by a hash alone", is.ID)
	case proved != (is.Status == PaymentSucceeded || is.Review != ReviewNone && is.Review != ReviewUnknown):
		m.t.Errorf("%s: %s %s, proof: %t", is.ID, is.Status, is.Review, proved)
	case is.Status == PaymentSucceeded && is.Decision == nil && is.Review != ReviewContested && (is.Proof.Amount != m.amount || !slices.Contains(is.Payees, is.Proof.Payee)):
		m.t.Errorf("%s: succeeded by %v to %s", is.ID, is.Proof.Amount, is.Proof.Payee)
	case is.Status == PaymentSucceeded && is.FailureCode+is.FailureMessage != "":
		m.t.Errorf("%s: succeeded, but failed by %q, %q", is.ID, is.FailureCode, is.FailureMessage)
	case is.Status.Closed() && is.ClosedAt.IsZero():
		m.t.Errorf("%s: %s without a time", is.ID, is.Status)
	}
	watched := !is.NextCheckAt.IsZero()
	m.checked[is.ID] = Later(m.checked[is.ID], is.CheckedAt)
	if is.NextAction.Kind != ActionNone && !proved && !watched && !m.over[is.ID] && m.checked[is.ID].Sub(is.ClosedAt) < watchClosedFor {
		m.t.Errorf("%s: %s, could have been paid, and nobody asks", is.ID, is.Status)
	}
	last, answered := m.lastVerdict[is.ID]
	if known := last == VerdictPending || last == VerdictFailed || last == VerdictClosed; answered && !known && !proved && !watched {
		m.t.Errorf("%s: %s, and nobody asks after the answer %q", is.ID, is.Status, last)
	}
}

// confirmed reports whether a payment that was recorded by a hash has got a
// proof of its own.
func (m *model) confirmed(was, is Payment) bool {
	return was.Proof.Source == SourceHash && is.Proof.Source != SourceHash
}

// visible is what a buyer could see of a purchase.
func visible(p Purchase) (parts []any) {
	parts = append(parts, p.Session.Status, p.Session.ExpiresAt)
	for _, payment := range p.Payments {
		parts = append(parts, payment.ID, payment.Status, payment.Review, payment.FailureCode, payment.NextAction,
			payment.Doubtful, payment.Delayed, payment.ReportedPaidAt, payment.Proof != nil)
	}
	return parts
}

func (m *model) checkVersion() {
	changed := !reflect.DeepEqual(visible(m.before), visible(*m.p))
	if m.p.Session.Version < m.before.Session.Version || changed && m.p.Session.Version == m.before.Session.Version {
		m.t.Errorf("version %d after %d, visibly changed: %t", m.p.Session.Version, m.before.Session.Version, changed)
	}
}

// checkEvents wants an event for each change of the step, and none else.
func (m *model) checkEvents() {
	var want []string
	if is := m.p.Session.Status; is != m.before.Session.Status {
		want = append(want, map[SessionStatus]string{
			SessionComplete: "checkout.session.completed", SessionExpired: "checkout.session.expired", SessionCanceled: "checkout.session.canceled",
		}[is])
	}
	for i, is := range m.p.Payments {
		var was Payment
		if i < len(m.before.Payments) {
			was = m.before.Payments[i]
		}
		if was.Review == ReviewUnknown && is.Review != was.Review {
			if is.Proof == nil {
				want = append(want, "payment.cleared "+is.ID)
			}
			was.Review = ReviewNone
		}
		switch {
		case is.ID == m.p.Session.PaymentID && m.before.Session.Status != SessionComplete:
			want = append(want, "payment.succeeded "+is.ID)
		case is.Review != was.Review && is.Review != ReviewNone, is.Review == ReviewContested && was.Decision != nil && is.Decision == nil:
			want = append(want, "payment."+string(is.Review)+" "+is.ID)
		case is.Status != was.Status && is.Status == PaymentFailed:
			want = append(want, "payment.failed "+is.ID)
		}
	}
	for _, refund := range m.p.Refunds[len(m.before.Refunds):] {
		want = append(want, "refund.succeeded "+refund.PaymentID)
	}
	var got []string
	for _, event := range m.p.Events() {
		text := string(event.Type)
		if event.PaymentID != "" {
			text += " " + event.PaymentID
		}
		got = append(got, text)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		m.t.Errorf("events %v, want %v", got, want)
	}
}

// TestPurchaseKeepsItsPromisesUnderAnyOrder plays random scripts. MODEL_SEED
// and MODEL_RUNS repeat and lengthen it.
func TestPurchaseKeepsItsPromisesUnderAnyOrder(t *testing.T) {
	t.Parallel()
	seed, runs := number(t, "MODEL_SEED", rand.Uint64()), number(t, "MODEL_RUNS", 20_000)
	dice := rand.New(rand.NewPCG(seed, 0))
	steps := 0
	for range runs {
		script := make([]byte, 20+dice.IntN(200))
		for i := range script {
			script[i] = byte(dice.Uint32())
		}
		m := newModel(t, script)
		m.run()
		steps += m.steps
		if t.Failed() {
			t.Fatalf("repeat with MODEL_SEED=%d", seed)
		}
	}
	t.Logf("MODEL_SEED=%d: %d purchases, %d steps", seed, runs, steps)
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func FuzzPurchase(f *testing.F) {
	f.Add([]byte("start, begin, pay twice, expire"))
	// The watching of a closed attempt is over, then the clock is set back and its last answer is older.
	f.Add([]byte("\t\xa1\x8e˪T\x02Πwc4\xb5W-\b\xf1\x91\x02w\xf7\u07b5N\xe2\x03\xb9&\xcfI\xb3\xb7\x0eY\x1d\xcf\x19\u009b\x83\x98b\x82Ԓ\x17h7\xbc\x00\xef7'\x99\xaf\xdc2["))
	f.Fuzz(func(t *testing.T, script []byte) { newModel(t, script).run() })
}
