package mailer_test

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/checkout/reconcile"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/internal/cambodia"
	"rieltime/internal/mail/mailtest"
	"rieltime/internal/mailer"
)

const (
	owner = "owner@klaing.example"
	page  = "https://pay.example/dashboard/mail/"
)

// harness is klaing, whose server sends by a mail server of the test.
type harness struct {
	*checkouttest.Harness
	server  *mailtest.Server
	mailer  *mailer.Mailer
	notices *notices.Service
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{Harness: checkouttest.New(t)}
	options := mailtest.Options{Mechanism: "PLAIN", Username: "rieltime", Password: "secret"}
	h.server = mailtest.New(t, options)
	h.notices = notices.NewService(h.Store, nil, h.Clock)
	h.mailer = mailer.New(mailer.Config{
		Store: h.Store, Checkout: h.Process.Service, DashboardURL: "https://pay.example", MailPage: page, Roots: h.server.Roots,
		Now: h.Clock, Log: slog.New(slog.DiscardHandler),
	})
	set := notices.MailServer{Address: h.server.Address, Username: options.Username, Password: checkout.Secret(options.Password), From: "Rieltime <pay@klaing.example>"}
	if err := h.Store.SetMailServer(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	return h
}

// run does the jobs of a store until check is true.
func (h *harness) run(what string, check func() bool) {
	h.T.Helper()
	stop, err := h.Store.StartQueue(context.WithoutCancel(h.T.Context()), db.Jobs{NotifyByMail: h.mailer.Notify, SendMail: h.mailer.SendMail})
	if err != nil {
		h.T.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); !check(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.T.Errorf("not in time: %s", what)
			break
		}
	}
	if err := stop(context.WithoutCancel(h.T.Context())); err != nil {
		h.T.Fatal(err)
	}
}

func (h *harness) sent(n int) func() bool {
	return func() bool { return len(h.server.Messages()) >= n }
}

func (h *harness) last() mailtest.Message {
	h.T.Helper()
	all := h.server.Messages()
	if len(all) == 0 {
		h.T.Fatal("no message has arrived")
	}
	return all[len(all)-1]
}

func (h *harness) add(email string) {
	h.T.Helper()
	err := h.notices.AddAddressee(h.T.Context(), notices.Addressee{MerchantID: "klaing", Mode: checkout.ModeTest, Email: email, Locale: "en"}, page)
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *harness) addressee() notices.Addressee {
	h.T.Helper()
	all, err := h.notices.Addressees(h.T.Context(), "klaing", checkout.ModeTest)
	if err != nil || len(all) != 1 {
		h.T.Fatal(all, err)
	}
	return all[0]
}

var tokenInMail = regexp.MustCompile(regexp.QuoteMeta(page) + `(\S+)`)

// confirmed adds an address and confirms it by the link that is sent there.
func (h *harness) confirmed() notices.Addressee {
	h.T.Helper()
	h.add(owner)
	h.run("the question to confirm", h.sent(1))
	found := tokenInMail.FindStringSubmatch(h.last().Text)
	if found == nil || h.last().To != owner {
		h.T.Fatalf("sent %+v", h.last())
	}
	if err := h.notices.ConfirmAddressee(h.T.Context(), checkout.Secret(found[1])); err != nil {
		h.T.Fatal(err)
	}
	return h.addressee()
}

// notify runs an addressee's job, moving the clock, until there is nothing to tell.
func (h *harness) notify(a notices.Addressee) {
	h.T.Helper()
	for range 50 {
		again, err := h.mailer.Notify(context.WithoutCancel(h.T.Context()), a.ID)
		if err != nil && !errors.Is(err, checkout.ErrNotFound) {
			h.T.Fatal(err)
		}
		if again == 0 {
			return
		}
		h.Move(again)
	}
	h.T.Fatal("an address is told without end")
}

// late pays a session after it has ended.
func (h *harness) late(transaction string) checkout.Purchase {
	h.T.Helper()
	p := h.Open()
	h.Pass(2 * time.Hour)
	h.AnswerPaid(*p.Latest(), transaction)
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	return h.Reload(p)
}

func TestAddressIsToldOnlyOnceConfirmed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.add(owner)
	h.late("tx-1")
	h.notify(h.addressee())
	h.run("the question to confirm", h.sent(1))
	if all := h.server.Messages(); len(all) != 1 || !strings.Contains(all[0].Subject, "confirm your address") || strings.Contains(all[0].Text, "$10.00") {
		t.Fatalf("before the confirmation %+v", all)
	}

	token := h.addressee().Token
	if err := h.notices.ConfirmAddressee(t.Context(), "another"); !errors.Is(err, notices.ErrMailLink) {
		t.Errorf("a token of nobody: %v", err)
	}
	h.Move(users.LinkLife)
	if err := h.notices.ConfirmAddressee(t.Context(), token); !errors.Is(err, notices.ErrMailLink) {
		t.Errorf("confirmed too late: %v", err)
	}
	if all, err := h.notices.Addressees(t.Context(), "klaing", checkout.ModeTest); err != nil || len(all) > 0 {
		t.Errorf("still listed: %+v, %v", all, err)
	}
	h.add(owner) // once more
}

func TestMoneyThatNeedsSomebodyIsMailedAtOnceAndOtherIsNot(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	p := h.Open()
	h.AnswerPaid(*p.Latest(), "tx-paid")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	h.notify(a)
	if n := len(h.server.Messages()); n != 1 {
		t.Fatalf("a payment was mailed: %+v", h.last())
	}

	late := h.late("tx-late")
	h.run("what needs somebody", h.sent(2))
	got := h.last()
	if got.Subject != "[TEST] Coffee Klaing: a payment needs you" || !strings.Contains(got.Text, "came after the order had ended") ||
		!strings.Contains(got.Text, "https://pay.example/dashboard/test/klaing/payments/"+late.Latest().ID) || !strings.Contains(got.Text, page+a.Token.Reveal()) {
		t.Errorf("mailed %+v", got)
	}
}

func TestTotalsOfADayAreMailedOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	p := h.Open()
	h.AnswerPaid(*p.Latest(), "tx-paid")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	h.Move(24 * time.Hour)
	h.run("the totals", h.sent(2)) // by the sweep alone
	h.notify(a)
	if got := h.server.Messages(); len(got) != 2 || !strings.Contains(got[1].Subject, "totals of the day") || !strings.Contains(got[1].Text, "$10.00 taken") {
		t.Errorf("mailed %+v", got)
	}
}

// TestRecordsThatDifferAreMailedAtOnce reports a payment that only the provider knows.
func TestRecordsThatDifferAreMailedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	accounts, err := h.Store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil || len(accounts) == 0 {
		t.Fatal(accounts, err)
	}
	day := cambodia.DayOf(h.Clock()) - 1
	report := reconcile.Report{Merchant: "klaing", Mode: checkout.ModeTest, Account: accounts[0].ID, Provider: "bank", Day: day, Means: reconcile.ByList, MadeAt: h.Clock()}
	report.Reconciliation = checkout.Reconcile(day.Begin(), (day + 1).Begin(), nil, []checkout.Order{
		{Reference: "r1", Amount: "10.00", Currency: "USD", Status: "SUCCESS", Paid: true, TransactionID: "tx1", CreatedAt: day.Begin()},
	})
	for range 2 { // found again, it is told once
		if err := h.Store.SaveReport(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		h.run("the difference", h.sent(2))
		h.notify(a)
		report.MadeAt = report.MadeAt.Add(time.Second)
	}
	if got := h.server.Messages(); len(got) != 2 || !strings.Contains(got[1].Text, "https://pay.example/dashboard/test/klaing/records") || strings.Contains(got[1].Text, "tx1") {
		t.Errorf("mailed %+v", got)
	}
}

func TestRateThatIsTooOldIsMailedOnceAndIsInTheTotals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	setRate := func() {
		t.Helper()
		if _, err := h.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: "4050", Source: checkout.RateEntered}); err != nil {
			t.Fatal(err)
		}
	}
	setRate()
	p := h.Open()
	h.AnswerPaid(*p.Latest(), "tx-paid")
	h.SendCallback(*p.Latest())
	h.Pass(time.Minute)
	h.Move(24 * time.Hour)
	h.run("the rate", h.sent(2)) // by the sweep alone
	h.notify(a)
	h.notify(a)
	got := h.server.Messages()
	if len(got) != 3 || got[1].Subject != "[TEST] Coffee Klaing: the rate of exchange" || !strings.Contains(got[1].Text, "The rate of exchange is too old") {
		t.Fatalf("mailed %+v", got)
	}
	if !strings.Contains(got[2].Text, "$10.00 taken") || !strings.Contains(got[2].Text, "The rate of exchange is too old") {
		t.Errorf("the totals: %+v", got[2])
	}

	setRate()
	h.notify(a)
	h.Move(24 * time.Hour)
	h.notify(a)
	if again := h.last(); len(h.server.Messages()) != 4 || again.Subject != got[1].Subject || again.Header.Get("Message-Id") == got[1].Header.Get("Message-Id") {
		t.Errorf("a rate that has become too old again: %+v", again)
	}
}

// TestLostAnswerSendsTheSameMessageAgain covers a server that takes a message and is cut off
// before it says so.
func TestLostAnswerSendsTheSameMessageAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	h.late("tx-late")
	h.server.LoseAnswer()
	h.notify(a)
	all := h.server.Messages()
	if len(all) != 3 || all[1].Header.Get("Message-Id") != all[2].Header.Get("Message-Id") || h.addressee().Problem != "" {
		t.Errorf("mailed %+v, %+v", all, h.addressee())
	}
}

func TestRefusedAddressIsStoppedAndOtherTroubleIsNot(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	h.late("tx-1")
	h.server.Answer("RCPT", "450 4.2.1 Busy")
	if again, err := h.mailer.Notify(t.Context(), a.ID); err != nil || again == 0 || h.addressee().Problem == "" || !h.addressee().StoppedAt.IsZero() {
		t.Errorf("busy: again after %v, %v, %+v", again, err, h.addressee())
	}
	h.Move(time.Minute)
	h.notify(a)
	if len(h.server.Messages()) != 2 {
		t.Errorf("a mailbox that was busy got %+v", h.server.Messages())
	}

	h.late("tx-2")
	h.server.Answer("RCPT", "550 5.1.1 No such user")
	h.notify(a)
	if stopped := h.addressee(); stopped.StoppedAt.IsZero() || !strings.Contains(stopped.Problem, "No such user") {
		t.Errorf("%+v", stopped)
	}
	h.late("tx-3")
	h.notify(a)
	if len(h.server.Messages()) != 2 {
		t.Error("an address that was refused is told")
	}
}

// TestServerWithAWrongCertificateIsShownAsThat: nothing is sent there, and nothing is lost.
func TestServerWithAWrongCertificateIsShownAsThat(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.confirmed()
	before := len(h.server.Messages())
	h.late("tx-1")
	untrusting := mailer.New(mailer.Config{
		Store: h.Store, Checkout: h.Process.Service, DashboardURL: "https://pay.example", MailPage: page, Roots: x509.NewCertPool(),
		Now: h.Clock, Log: slog.New(slog.DiscardHandler),
	})
	again, err := untrusting.Notify(t.Context(), a.ID)
	if got := h.addressee(); err != nil || again == 0 || !strings.Contains(got.Problem, "certificate") || !got.StoppedAt.IsZero() {
		t.Errorf("again after %v, %v, %+v", again, err, got)
	}

	h.Move(again)
	h.notify(a)
	if n := len(h.server.Messages()); n != before+1 || h.addressee().Problem != "" {
		t.Errorf("%d messages, the problem is %q", n-before, h.addressee().Problem)
	}
}

func TestInvitationIsMailedAndItsLinkForgotten(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := users.Link{ID: "lnk_1", Email: "sokha@klaing.example", MerchantID: "klaing", Role: users.RoleCashier, ExpiresAt: h.Clock().Add(users.LinkLife)}
	h.server.Answer(".", "451 4.3.0 Try later")
	if err := h.notices.MailInvitation(t.Context(), link, "https://pay.example/dashboard/links/once", "en"); err != nil {
		t.Fatal(err)
	}
	h.run("the invitation, at the second try", func() bool {
		h.Move(time.Second)
		return len(h.server.Messages()) == 1
	})
	got := h.last()
	if got.To != link.Email || !strings.Contains(got.Text, "Coffee Klaing, as Cashier") && !strings.Contains(got.Text, "Coffee Klaing, as cashier") || !strings.Contains(got.Text, "https://pay.example/dashboard/links/once") {
		t.Errorf("mailed %+v", got)
	}

	operator := users.Link{ID: "lnk_2", Email: "ops@klaing.example", Operator: true, ExpiresAt: h.Clock().Add(users.LinkLife)}
	if err := h.notices.MailInvitation(t.Context(), operator, "https://pay.example/dashboard/links/twice", "zh"); err != nil {
		t.Fatal(err)
	}
	h.run("the invitation of an operator", h.sent(2))
	if got := h.last(); got.Subject != "管理后台邀请" {
		t.Errorf("mailed %+v", got)
	}
}

func TestInvitationThatIsRefusedForGoodKeepsWhy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	token, link, err := users.NewService(h.Store, h.Clock).InviteMember(t.Context(), "klaing", "nobody@klaing.example", users.RoleCashier)
	if err != nil {
		t.Fatal(err)
	}
	h.server.Answer("RCPT", "550 5.1.1 No such user")
	if err := h.notices.MailInvitation(t.Context(), link, checkout.Secret(page)+token, "en"); err != nil {
		t.Fatal(err)
	}
	state := func() notices.Mail {
		mails, err := h.notices.InvitationMails(t.Context(), "klaing")
		if err != nil {
			t.Error(err)
		}
		return mails[link.ID]
	}
	if got := state(); got.State() != notices.MailWaiting {
		t.Errorf("before it is sent: %q", got.State())
	}

	h.run("the refusal", func() bool { return state().State() == notices.MailRefused })
	if got := state(); !strings.Contains(got.Problem, "No such user") || len(h.server.Messages()) != 0 {
		t.Errorf("%+v", got)
	}
	if mails, err := h.notices.InvitationMails(t.Context(), "other"); err != nil || len(mails) != 0 {
		t.Errorf("another merchant sees %v, %v", mails, err)
	}
}

func TestMerchantSendsNotMoreThanSoMany(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := users.Link{Email: "sokha@klaing.example", MerchantID: "klaing", Role: users.RoleCashier, ExpiresAt: h.Clock().Add(users.LinkLife)}
	for i := range notices.MaxMails + 1 {
		err := h.notices.MailInvitation(t.Context(), link, "https://pay.example/x", "en")
		if last := i == notices.MaxMails; errors.Is(err, notices.ErrManyMails) != last {
			t.Fatalf("invitation %d: %v", i, err)
		}
	}
	if err := h.notices.AddAddressee(t.Context(), notices.Addressee{MerchantID: "klaing", Mode: checkout.ModeTest, Email: owner, Locale: "en"}, page); !errors.Is(err, notices.ErrManyMails) {
		t.Errorf("an address: %v", err)
	}
	h.Move(users.LinkLife + time.Minute)
	h.add(owner)
}
