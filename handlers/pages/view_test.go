package pages

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

var noon = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)

// purchaseOf is an open session of 2.50 USD, begun a minute ago, with an hour
// to live.
func purchaseOf(payments ...checkout.Payment) checkout.Purchase {
	return checkout.Purchase{
		Session: checkout.Session{
			ID: "cs_1", Mode: checkout.ModeTest, Status: checkout.SessionOpen, Amount: checkout.Money{Minor: 250, Currency: checkout.USD},
			SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/cart",
			CreatedAt: noon.Add(-time.Minute), ExpiresAt: noon.Add(time.Hour), Version: 3,
		},
		Merchant: checkout.Merchant{Name: "Coffee Klaing"},
		Payments: payments,
	}
}

// attempt is a code begun half a minute ago, for five minutes, changed by with.
func attempt(with ...func(*checkout.Payment)) checkout.Payment {
	p := checkout.Payment{
		ID: "pay_1", SessionID: "cs_1", Provider: "bakong", Method: "khqr", Amount: checkout.Money{Minor: 250, Currency: checkout.USD},
		Status: checkout.PaymentRequiresAction, NextAction: checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: "000201"},
		CreatedAt: noon.Add(-30 * time.Second), ExpiresAt: noon.Add(5 * time.Minute), NextCheckAt: noon,
	}
	for _, change := range with {
		change(&p)
	}
	return p
}

func status(s checkout.PaymentStatus, code string) func(*checkout.Payment) {
	return func(p *checkout.Payment) {
		p.Status, p.FailureCode, p.ClosedAt = s, code, noon.Add(-5*time.Second)
	}
}

func redirect(p *checkout.Payment) {
	p.Provider, p.Method = "baray", "baray"
	p.NextAction = checkout.NextAction{Kind: checkout.ActionRedirect, URL: "https://pay.example/1"}
}

func formPost(p *checkout.Payment) {
	p.Provider, p.Method = "bayopay", "bayopay"
	p.NextAction = checkout.NextAction{Kind: checkout.ActionFormPost, URL: "https://bayo.example/pay"}
}

func notBegun(p *checkout.Payment) {
	p.NextAction, p.Status = checkout.NextAction{}, checkout.PaymentCreated
}
func ranOut(p *checkout.Payment)   { p.ExpiresAt = noon }
func doubtful(p *checkout.Payment) { p.Doubtful = true }
func unasked(p *checkout.Payment)  { p.NextCheckAt = time.Time{} }

func claimedAgo(d time.Duration) func(*checkout.Payment) {
	return func(p *checkout.Payment) { p.ReportedPaidAt = noon.Add(-d) }
}

func money(review checkout.Review, minor int64) func(*checkout.Payment) {
	return func(p *checkout.Payment) {
		p.Review = review
		p.Proof = &checkout.Proof{TransactionID: "tx", Amount: checkout.Money{Minor: minor, Currency: checkout.USD}, SeenAt: noon.Add(-10 * time.Second)}
	}
}

func inRiel(p *checkout.Payment) { p.Proof.Amount.Currency = checkout.KHR }

func ended(p checkout.Purchase, s checkout.SessionStatus, ago time.Duration) checkout.Purchase {
	p.Session.Status, p.Session.ClosedAt = s, noon.Add(-ago)
	if s == checkout.SessionComplete {
		p.Session.PaymentID = "pay_1"
	}
	return p
}

func timeOver(p checkout.Purchase) checkout.Purchase {
	p.Session.ExpiresAt = noon
	return p
}

// seen is what a test looks at: state, reason, weight of the notice, links
// (pay, check, cancel, choose), where "back" goes, seconds between polls.
func seen(c templates.Checkout) string {
	links := ""
	for letter, link := range map[string]string{"p": c.Links.PayURL, "k": c.Links.CheckURL, "x": c.Links.CancelURL, "o": c.Links.ChooseURL} {
		if link != "" {
			links += letter
		}
	}

	order := ""
	for _, letter := range "pkxo" {
		if strings.ContainsRune(links, letter) {
			order += string(letter)
		}
	}

	back := strings.TrimPrefix(strings.TrimSuffix(c.ReturnURL, "?session_id=cs_1"), "https://shop.example/")
	warning := ""
	if c.Notice != nil {
		warning = string(c.Notice.Kind)
	}

	return fmt.Sprintf("%s|%s|%s|%s|%s|%d", c.State, c.Reason, warning, order, back, c.PollSeconds)
}

func TestEveryStateOfAPage(t *testing.T) {
	t.Parallel()
	const c, q, e = "choosing||", "qr_waiting||", "qr_expired||"
	for _, test := range []struct {
		name string
		p    checkout.Purchase
		a    pageRequest
		want string
	}{
		{"nothing begun", purchaseOf(), pageRequest{}, c + "|px||2"},
		{"not answered yet", purchaseOf(attempt(notBegun)), pageRequest{}, c + "|px||2"},
		{"its start was not answered", purchaseOf(attempt(notBegun, doubtful)), pageRequest{}, c + "warning|px||2"},
		{"its start was not answered, its time is over", timeOver(purchaseOf(attempt(notBegun, doubtful, ranOut))), pageRequest{}, "checking||||cart|2"},
		{"its start was not answered, and it begins another", purchaseOf(attempt(notBegun, doubtful, status(checkout.PaymentCanceled, "replaced")), attempt()), pageRequest{}, q + "|pkxo||2"},
		{"code", purchaseOf(attempt()), pageRequest{}, q + "|pkxo||2"},
		{"code, another way wanted", purchaseOf(attempt()), pageRequest{choose: true}, c + "warning|px||2"},
		{"code, nobody answers", purchaseOf(attempt(doubtful)), pageRequest{}, q + "warning|pkxo||2"},
		{"code ran out", purchaseOf(attempt(ranOut)), pageRequest{}, e + "|pkxo||2"},
		{"code ran out, nobody answers", purchaseOf(attempt(ranOut, doubtful)), pageRequest{}, e + "warning|pkxo||2"},
		{"code closed by its provider", purchaseOf(attempt(status(checkout.PaymentExpired, "expired"))), pageRequest{}, e + "|pkxo||2"},
		{"paid, says the buyer", purchaseOf(attempt(claimedAgo(time.Second))), pageRequest{}, "checking||||" + "|2"},
		{"paid, says the buyer, of an old code", purchaseOf(attempt(ranOut, claimedAgo(time.Second))), pageRequest{}, "checking||||" + "|2"},
		{"said long ago", purchaseOf(attempt(claimedAgo(20 * time.Second))), pageRequest{}, q + "|pkxo||2"},
		{"said long ago, just checked", purchaseOf(attempt(claimedAgo(20 * time.Second))), pageRequest{checking: true}, q + "info|pkxo||2"},
		{"said long ago, nobody answers", purchaseOf(attempt(claimedAgo(time.Hour), doubtful)), pageRequest{}, "checking||||" + "|2"},
		{"under way at the provider", purchaseOf(attempt(status(checkout.PaymentProcessing, ""))), pageRequest{}, "checking||||" + "|2"},
		{"declined", purchaseOf(attempt(status(checkout.PaymentFailed, "declined"))), pageRequest{}, "failed|declined||pkxo||2"},
		{"declined, nobody answers since", purchaseOf(attempt(status(checkout.PaymentFailed, "declined"), doubtful)), pageRequest{}, "failed|declined|warning|pkxo||2"},
		{"never reached the provider", purchaseOf(attempt(notBegun, status(checkout.PaymentFailed, "unreachable"))), pageRequest{}, "failed|unreachable||pxo||2"},
		{"replaced by nothing", purchaseOf(attempt(status(checkout.PaymentCanceled, "replaced"))), pageRequest{}, c + "|px||2"},
		{"second attempt counts", purchaseOf(attempt(status(checkout.PaymentCanceled, "replaced")), attempt(redirect)), pageRequest{}, "at_provider|||pkxo||2"},
		{"at the provider", purchaseOf(attempt(redirect)), pageRequest{}, "at_provider|||pkxo||2"},
		{"on the way to the provider", purchaseOf(attempt(redirect)), pageRequest{going: true}, "at_provider|||pkxo||2"},
		{"on the way by a form", purchaseOf(attempt(formPost)), pageRequest{going: true}, "redirecting|||pkxo||2"},
		{"back from a form", purchaseOf(attempt(formPost)), pageRequest{}, "at_provider|||pkxo||2"},
		{"provider's time over", purchaseOf(attempt(redirect, ranOut)), pageRequest{}, "failed|expired||pkxo||2"},
		{"wrong amount", purchaseOf(attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 100))), pageRequest{}, "mismatch||||cart|0"},
		{"wrong currency", purchaseOf(attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 250), inRiel)), pageRequest{}, "other_currency||||cart|0"},
		{"wrong account", purchaseOf(attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 250))), pageRequest{}, "other_payee||||cart|0"},
		{"wrong amount, another way wanted", purchaseOf(attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 100))), pageRequest{choose: true}, c + "|px||2"},
		{"wrong amount, begun again since", purchaseOf(
			attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 100)),
			attempt(func(p *checkout.Payment) { p.CreatedAt = noon }),
		), pageRequest{}, q + "|pkxo||2"},
		{"wrong amount for an older code", purchaseOf(
			attempt(status(checkout.PaymentCanceled, "replaced"), money(checkout.ReviewMismatch, 100)), attempt(),
		), pageRequest{}, "mismatch||||cart|0"},

		{"paid", ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money("", 250))), checkout.SessionComplete, 0), pageRequest{}, "paid|||k|ok|0"},
		{"paid, another way wanted", ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money("", 250))), checkout.SessionComplete, 0), pageRequest{choose: true}, "paid|||k|ok|0"},
		{"paid twice", ended(purchaseOf(
			attempt(status(checkout.PaymentSucceeded, ""), money("", 250)),
			attempt(status(checkout.PaymentSucceeded, ""), money(checkout.ReviewDuplicate, 250)),
		), checkout.SessionComplete, 0), pageRequest{}, "duplicate|||k|ok|0"},

		{"time is over", timeOver(purchaseOf()), pageRequest{}, "session_expired||||cart|2"},
		{"time is over, a code was open", timeOver(purchaseOf(attempt())), pageRequest{}, "session_expired|||k|cart|2"},
		{"time is over, nobody answers", timeOver(purchaseOf(attempt(doubtful))), pageRequest{}, "checking||||cart|2"},
		{"time is over, another way wanted", timeOver(purchaseOf(attempt())), pageRequest{choose: true}, "session_expired|||k|cart|2"},
		{"expired", ended(purchaseOf(), checkout.SessionExpired, time.Minute), pageRequest{}, "session_expired||||cart|0"},
		{"expired, a code may be paid", ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"))), checkout.SessionExpired, time.Minute), pageRequest{}, "session_expired|||k|cart|2"},
		{"expired, nobody answers", ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"), doubtful)), checkout.SessionExpired, time.Minute), pageRequest{}, "session_expired||warning|k|cart|2"},
		{"expired, paid, says the buyer", ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"), claimedAgo(0))), checkout.SessionExpired, time.Minute), pageRequest{}, "checking||||cart|2"},
		{"expired long ago", ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"))), checkout.SessionExpired, time.Hour), pageRequest{}, "session_expired|||k|cart|0"},
		{"expired, nothing is asked", ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"), unasked)), checkout.SessionExpired, 0), pageRequest{}, "session_expired||||cart|0"},
		{"paid late", ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money(checkout.ReviewLate, 250))), checkout.SessionExpired, time.Minute), pageRequest{}, "late||||cart|0"},
		{"paid after cancel", ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money(checkout.ReviewLate, 250))), checkout.SessionCanceled, time.Minute), pageRequest{}, "late_cancel||||cart|0"},
		{"wrong amount, late", ended(purchaseOf(attempt(status(checkout.PaymentFailed, "mismatch"), money(checkout.ReviewMismatch, 1))), checkout.SessionExpired, time.Minute), pageRequest{}, "mismatch||||cart|0"},
		{"canceled", ended(purchaseOf(attempt(status(checkout.PaymentCanceled, "canceled"))), checkout.SessionCanceled, time.Minute), pageRequest{}, "canceled||||cart|2"},
		{"canceled long ago", ended(purchaseOf(attempt(status(checkout.PaymentCanceled, "canceled"))), checkout.SessionCanceled, time.Hour), pageRequest{}, "canceled||||cart|0"},
		{"canceled, nothing begun", ended(purchaseOf(), checkout.SessionCanceled, time.Minute), pageRequest{}, "canceled||||cart|0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := test.a
			req.now, req.lang, req.provider, req.knowsHashes = noon, "en", served.ProviderInfo, served.KnowsHashes
			page := checkoutView(test.p, pageStateOf(test.p, noon, req.choose), nil, req)
			if got := seen(page); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}

			if complete := test.p.Session.Status == checkout.SessionComplete; (page.State == templates.StatePaid) && !complete {
				t.Error("paid without a complete session")
			}

			if page.PollSeconds > 0 && (page.PollURL == "" || (page.RefreshSeconds == 0) != (page.State == templates.StateChoosing)) {
				t.Errorf("polls %q, reloads after %d s", page.PollURL, page.RefreshSeconds)
			}
		})
	}
}

func TestReceiptShowsWhatArrived(t *testing.T) {
	t.Parallel()
	p := ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money("", 250))), checkout.SessionComplete, time.Second)
	p.Payments[0].Proof.PaidAt, p.Payments[0].Reference = noon.Add(-time.Minute), "R1"
	page := checkoutView(p, pageStateOf(p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en"})
	want := templates.Receipt{PaidAt: "21 November 2026, 11:59", Method: "KHQR", TransactionID: "tx", Reference: "R1"}
	if *page.Receipt != want {
		t.Errorf("receipt %+v, want %+v", *page.Receipt, want)
	}

	if page.ReturnSeconds != returnSeconds || page.RefreshURL != page.ReturnURL {
		t.Errorf("goes back after %d s to %q", page.ReturnSeconds, page.RefreshURL)
	}
}

func TestShortHashIsOfHashesOnly(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0a1b2c3d", 8)
	for id, want := range map[string]string{hash: "0a1b2c3d", hash[1:]: "", hash[1:] + "x": "", "tx": ""} {
		p := ended(purchaseOf(attempt(status(checkout.PaymentSucceeded, ""), money("", 250))), checkout.SessionComplete, 0)
		p.Payments[0].Proof.TransactionID = id
		if got := receiptOf(p, p.Payments[0], pageRequest{lang: "en"}).ShortHash; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func TestDoubtIsShownAsDoubt(t *testing.T) {
	t.Parallel()
	delayed := func(p *checkout.Payment) { p.Delayed = true }
	for name, test := range map[string]struct {
		p    checkout.Purchase
		want templates.NoticeCode
	}{
		"nobody answers":       {purchaseOf(attempt(doubtful)), templates.NoticeUnreachable},
		"nobody could ask":     {purchaseOf(attempt(delayed)), templates.NoticeDelayed},
		"both":                 {purchaseOf(attempt(doubtful, delayed)), templates.NoticeUnreachable},
		"nobody answers since": {purchaseOf(attempt(status(checkout.PaymentFailed, "declined"), doubtful)), templates.NoticeUnreachable},
	} {
		got := checkoutView(test.p, pageStateOf(test.p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en"}).Notice
		if want := templates.NewNotice("en", test.want); got == nil || *got != *want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestEndOfTheSessionIsAnnounced(t *testing.T) {
	t.Parallel()
	p := purchaseOf(attempt())
	for left, want := range map[time.Duration]bool{closesSoonWithin + time.Second: false, closesSoonWithin: true, time.Second: true} {
		p.Session.ExpiresAt = noon.Add(left)
		got := checkoutView(p, pageStateOf(p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en"}).Limit
		if got == nil || got.Near != want || got.ExtendURL != "/c/cs_1/extend" {
			t.Errorf("%v before the end: %+v", left, got)
		}
	}

	p.Session.ExpiresAt = noon.Add(closesSoonWithin + time.Minute)
	if next := nextChange(p, pageStateOf(p, noon, false), noon); !next.Equal(noon.Add(time.Minute)) {
		t.Errorf("the page changes at %v", next)
	}
}

func TestAppWithoutACode(t *testing.T) {
	t.Parallel()
	p := purchaseOf(attempt(func(p *checkout.Payment) {
		p.NextAction = checkout.NextAction{Kind: checkout.ActionQRCode, DeepLinks: []checkout.DeepLink{
			{App: "ABA", URL: "aba://ios", OS: "ios"}, {App: "ABA", URL: "aba://android", OS: "android"},
		}}
	}))

	for device, want := range map[checkout.Device]string{checkout.DeviceIOS: "aba://ios", checkout.DeviceAndroid: "aba://android", checkout.DeviceDesktop: ""} {
		page := checkoutView(p, pageStateOf(p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en", device: device})
		if page.State != templates.StateAtProvider || page.QR != nil || page.App == nil || page.App.URL != want || page.App.Name != "ABA" {
			t.Errorf("%s: %s %+v %+v", device, page.State, page.QR, page.App)
		}
	}
}

func TestDeepLinksFitTheDevice(t *testing.T) {
	t.Parallel()
	p := purchaseOf(attempt(func(p *checkout.Payment) {
		p.NextAction.DeepLinks = []checkout.DeepLink{
			{App: "ABA", URL: "https://a.example/ios", OS: "ios"}, {App: "ABA", URL: "https://a.example/android", OS: "android"}, {App: "Bakong", URL: "https://b.example"},
		}
	}))

	for device, want := range map[checkout.Device]string{
		checkout.DeviceIOS: "https://a.example/ios [{bakong Bakong https://b.example}]", checkout.DeviceAndroid: "https://a.example/android [{bakong Bakong https://b.example}]",
		checkout.DeviceDesktop: "https://b.example []",
	} {
		page := checkoutView(p, pageStateOf(p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en", device: device})
		if got := fmt.Sprint(page.QR.DeepLink, " ", page.QR.Banks); got != want {
			t.Errorf("%s: %s, want %s", device, got, want)
		}
	}
}

// A button for one bank's app never takes the place of the general link, and computers have
// no use for it.
func TestOneBanksAppIsOfferedOnPhonesBesideTheGeneralLink(t *testing.T) {
	t.Parallel()
	general, one := checkout.DeepLink{App: "Bakong", URL: "https://b.example"}, checkout.DeepLink{App: "ABA", URL: "aba://x", OneApp: true}
	for _, c := range []struct {
		device checkout.Device
		links  []checkout.DeepLink
		want   string
	}{
		{checkout.DeviceAndroid, []checkout.DeepLink{general, one}, "https://b.example [{aba ABA aba://x}]"},
		{checkout.DeviceIOS, []checkout.DeepLink{one}, " [{aba ABA aba://x}]"},
		{checkout.DeviceDesktop, []checkout.DeepLink{general, one}, "https://b.example []"},
		{checkout.DeviceDesktop, []checkout.DeepLink{one}, " []"},
	} {
		p := purchaseOf(attempt(func(p *checkout.Payment) { p.NextAction.DeepLinks = c.links }))
		page := checkoutView(p, pageStateOf(p, noon, false), nil, pageRequest{provider: served.ProviderInfo, knowsHashes: served.KnowsHashes, now: noon, lang: "en", device: c.device})
		if got := fmt.Sprint(page.QR.DeepLink, " ", page.QR.Banks); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.device, c.links, got, c.want)
		}
	}
}

func TestLogosComeFromHereOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                                   "",
		"/static/logo.svg":                   "/static/logo.svg",
		"//evil.example/logo.svg":            "",
		"https://shop.example/logo.svg":      "",
		"https://pay.example/logo.svg":       "https://pay.example/logo.svg",
		"https://pay.example.evil.example/l": "",
	} {
		if got := ownURL(address, "https://pay.example"); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestPageGoesOutOfDateByTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		p    checkout.Purchase
		want time.Time
	}{
		"choice":              {purchaseOf(), noon.Add(time.Hour - closesSoonWithin)},
		"code":                {purchaseOf(attempt()), noon.Add(5 * time.Minute)},
		"code that ran out":   {purchaseOf(attempt(ranOut)), noon.Add(time.Hour - closesSoonWithin)},
		"checking":            {purchaseOf(attempt(claimedAgo(5 * time.Second))), noon.Add(15 * time.Second)},
		"session's time over": {timeOver(purchaseOf(attempt())), time.Time{}},
		"expired":             {ended(purchaseOf(attempt(status(checkout.PaymentExpired, "expired"))), checkout.SessionExpired, time.Minute), noon.Add(watchClosedFor - time.Minute)},
	} {
		if got := nextChange(test.p, pageStateOf(test.p, noon, false), noon); !got.Equal(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// served has one provider, which knows transactions by their hashes.
var served = checkout.NewService(checkout.Config{Providers: []checkout.Provider{hashProvider{}}})

type hashProvider struct {
	checkout.Provider
	checkout.HashChecker
}

func (hashProvider) Name() string { return "bakong" }

func (hashProvider) Info() checkout.ProviderInfo { return checkout.ProviderInfo{Name: "Bakong"} }

func TestMethodIconIsItsOwnOrTheProviders(t *testing.T) {
	info := checkout.ProviderInfo{Icon: "wallet"}
	offers := []checkout.Offer{
		{Method: checkout.Method{ID: "kess"}, Info: info},
		{Method: checkout.Method{ID: "kess:WING"}, Info: info},
		{Method: checkout.Method{ID: "kess:KHQR", Icon: "khqr"}, Info: info},
	}

	var c templates.Checkout
	addOffers(&c, purchaseOf(), offers, pageRequest{lang: "en"})
	for i, want := range []string{"wallet", "", "khqr"} {
		if c.Methods[i].Icon != want {
			t.Errorf("%s has the icon %q, want %q", c.Methods[i].ID, c.Methods[i].Icon, want)
		}
	}
}
