package templates

import (
	"time"

	"github.com/a-h/templ"
)

// GalleryItem is one page of the gallery. Page draws it from what every page
// needs; its Path is the specimen's own address.
type GalleryItem struct {
	Name string
	Page func(Page) templ.Component
}

// ExampleQR is the text of the gallery's code.
const ExampleQR = exampleUSD

// Gallery is every page in every state, in lang. Its pages ask nobody and lead
// nowhere but to the gallery.
func Gallery(lang string) []GalleryItem {
	var all []GalleryItem
	add := func(name string, c Checkout) {
		all = append(all, GalleryItem{name, func(p Page) templ.Component { return CheckoutPage(c.asExample(p)) }})
	}
	for _, c := range stateExamples(lang) {
		add(string(c.State), c)
	}

	for _, v := range variants(lang) {
		add(v.name, v.Checkout)
	}

	for _, f := range FailureExamples(lang) {
		all = append(all, GalleryItem{string(f.State), func(p Page) templ.Component {
			f.Page = p
			return ErrorPage(f)
		}})
	}

	for _, status := range []ReceiptState{ReceiptPaid, ReceiptRefunded, ReceiptDuplicate, ReceiptReview, ReceiptChecking, ReceiptUnpaid} {
		all = append(all, galleryReceipt(lang, status, false), galleryReceipt(lang, status, true))
	}

	return all
}

// SamplePage is the checkout page of an invented order, with a merchant's own look.
func SamplePage(p Page, merchant Merchant) templ.Component {
	c := example(p.Lang, StateChoosing).asExample(p)
	c.Merchant, c.ReturnURL = merchant, ""
	return CheckoutPage(c)
}

// asExample is c as a picture: it polls nothing, and its links stay here.
func (c Checkout) asExample(p Page) Checkout {
	p.Offline = c.Offline
	c.Page = p
	c.PollURL, c.PollSeconds = "", 0
	if c.ReturnURL != "" {
		c.ReturnURL = "/gallery"
	}

	if c.QR != nil {
		card := *c.QR
		card.PNGURL = "/gallery/khqr.png"
		c.QR = &card
	}

	if c.State == StateRedirecting {
		c.Assets.JS = "" // which would send the form
	}

	return c
}

type variant struct {
	name string
	Checkout
}

// variants are states that look different under some condition.
func variants(lang string) []variant {
	return []variant{
		{"method_down", exampleMethodDown(lang)},
		{"field_errors", exampleFieldErrors(lang)},
		{"saved_card", exampleSavedCard(lang)},
		{"near_end", exampleNearEnd(lang, StateQRWaiting)},
		{"near_end_choosing", exampleNearEnd(lang, StateChoosing)},
		{"near_end_fixed", exampleFixed(lang)},
		{"unreachable", exampleNotice(lang, StateQRWaiting, NewNotice(lang, NoticeUnreachable))},
		{"delayed", exampleNotice(lang, StateQRWaiting, NewNotice(lang, NoticeDelayed))},
		{"declined_at_provider", exampleNotice(lang, StateAtProvider, NewNotice(lang, NoticeDeclined, "reason", T(lang, "reason."+ReasonDeclined)))},
		{"not_yet", exampleNotice(lang, StateQRWaiting, NewNotice(lang, NoticeNotYet))},
		{"other_payment", exampleNotice(lang, StateChoosing, NewNotice(lang, NoticeOtherPayment))},
		{"start_unknown", exampleNotice(lang, StateChoosing, NewNotice(lang, NoticeStartUnknown))},
		{"reported", exampleNotice(lang, StatePaid, NewNotice(lang, NoticeReported, "merchant", "Tuk Tuk Cafe"))},
		{"report_missing", exampleNotice(lang, StatePaid, NewNotice(lang, NoticeReportMissing, "merchant", "Tuk Tuk Cafe"))},
		{"hash_invalid", exampleNotice(lang, StateChecking, NewNotice(lang, NoticeHashInvalid))},
		{"bank_reference", exampleReference(lang)},
		{"reference_invalid", exampleNotice(lang, StateChecking, NewNotice(lang, NoticeReferenceInvalid))},
		{"claim_kept", exampleNotice(lang, StateChecking, NewNotice(lang, NoticeClaimKept))},
		{"references_refused", exampleNotice(lang, StateChecking, NewNotice(lang, NoticeReferencesRefused, "merchant", "Tuk Tuk Cafe"))},
		{"app_link", exampleApp(lang, App{ID: "aba", Name: "ABA Mobile", URL: "https://app.example/pay"})},
		{"app_elsewhere", exampleApp(lang, App{ID: "aba", Name: "ABA Mobile", PageSVG: exampleDrawings()[exampleReceiptURL]})},
		{"offline", exampleOffline(lang)},
	}
}

// exampleReference asks for a bank's reference too.
func exampleReference(lang string) Checkout {
	c := example(lang, StateQRWaiting)
	c.AskReference = true
	return c
}

func exampleNotice(lang string, state State, notice *Notice) Checkout {
	c := example(lang, state)
	c.Notice = notice
	return c
}

func exampleNearEnd(lang string, state State) Checkout {
	c := example(lang, state)
	c.Limit = exampleLimit(lang, true)
	return c
}

func exampleFixed(lang string) Checkout {
	c := exampleNearEnd(lang, StateQRExpired)
	c.Limit.ExtendURL = ""
	return c
}

func exampleApp(lang string, app App) Checkout {
	c := example(lang, StateAtProvider)
	c.Redirect, c.App = nil, &app
	return c
}

func exampleOffline(lang string) Checkout {
	c := example(lang, StateQRWaiting)
	c.Offline = true
	return c
}

func galleryReceipt(lang string, status ReceiptState, cashier bool) GalleryItem {
	order := exampleOrder(lang)
	r := ReceiptView{
		Status: status, Cashier: cashier, Test: true, Merchant: order.Merchant, Amount: order.Amount, Reference: order.Reference,
		CheckedAt: FormatSecond(exampleTime.Add(3 * time.Minute)), Address: "https://pay.example/",
		Links: ReceiptLinks{Here: "/gallery/receipt_" + string(status), Other: "/gallery/cashier_" + string(status)},
	}
	if status != ReceiptUnpaid && status != ReceiptChecking {
		r.Receipt, r.Age = exampleReceipt(lang), Age(lang, 3)
		if status == ReceiptRefunded {
			r.Receipt.Refunded = order.Amount
		}

		if status == ReceiptReview {
			_, total := exampleMoney(lang)
			r.Receipt.Amount = FormatAmount(lang, order.Currency, total-total/5)
		}
	}

	name := "receipt_" + string(status)
	if cashier {
		name = "cashier_" + string(status)
		r.Links.Here, r.Links.Other = r.Links.Other, r.Links.Here
	}

	return GalleryItem{name, func(p Page) templ.Component {
		r.Page = p
		return ReceiptPage(r)
	}}
}

// GalleryIndex shows specimens side by side in frames.
type GalleryIndex struct {
	Page
	Names   []string
	Theme   string // "light", "dark"; empty: the device's
	Desktop bool   // frames as wide as a computer's window
}

// galleryURL is one page in the gallery's language and theme, or the gallery in
// another.
func galleryURL(name, lang, theme string) string {
	address := "/gallery"
	if name != "" {
		address += "/" + name
	}
	address += "?lang=" + lang
	if theme != "" {
		address += "&theme=" + theme
	}
	return address
}
