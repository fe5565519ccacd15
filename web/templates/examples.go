package templates

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Codes of an account that does not exist.
const (
	exampleUSD = "00020101021229230019tuktuk_cafe@example520458145303840540512.505802KH5912Tuk Tuk" +
		" Cafe6010Phnom Penh62240120INV-2025-001842-A1B2993400131763708700000011317637093" +
		"000006304908B"
	exampleKHR = "00020101021229230019tuktuk_cafe@example5204581453031165405510005802KH5912Tuk Tuk" +
		" Cafe6010Phnom Penh62240120INV-2025-001842-A1B2993400131763708700000011317637093" +
		"0000063043D14"
)

const exampleReceiptURL = "https://pay.example/r/mDq1wJ0zk3vYt5bX8c2nQeL7rUaHgSfPiOuVyTjKxNs4ZB6E9Wd"

// exampleDrawings are the codes above as SVG.
var exampleDrawings = sync.OnceValue(func() map[string]string {
	drawings := map[string]string{}
	for _, text := range []string{exampleUSD, exampleKHR, exampleReceiptURL} {
		svg, err := QRSVG(text)
		if err != nil {
			panic(err) // a constant
		}
		drawings[text] = svg
	}
	return drawings
})

var exampleTime = time.Date(2025, time.November, 21, 7, 5, 0, 0, time.UTC)

// Examples are the checkout page in every state, and in what makes a state
// look different, in lang. They carry no Assets.
func Examples(lang string) []Checkout {
	all := stateExamples(lang)
	for _, v := range variants(lang) {
		all = append(all, v.Checkout)
	}
	return all
}

func stateExamples(lang string) []Checkout {
	states := []State{
		StateChoosing, StateQRWaiting, StateQRExpired, StateRedirecting, StateAtProvider, StateChecking, StatePaid, StateFailed,
		StateLate, StateLateCancel, StateDuplicate, StateMismatch, StateOtherCurrency, StateOtherPayee, StateClaimed, StateCanceled, StateSessionExpired,
	}
	all := make([]Checkout, 0, len(states))
	for _, state := range states {
		all = append(all, example(lang, state))
	}
	return all
}

// FailureExamples are the error pages, in lang.
func FailureExamples(lang string) []Failure {
	page := Page{Lang: lang, Path: "/gallery"}
	return []Failure{
		{Page: page, State: StateNotFound, RequestID: "req_7f3a9c21"},
		{Page: page, State: StateBroken, RequestID: "req_7f3a9c22", RetryURL: "/gallery"},
		{Page: page, State: StateBusy, RequestID: "req_7f3a9c23", RetryURL: "/gallery", Wait: FormatWait(lang, 8)},
	}
}

func example(lang string, state State) Checkout {
	c := exampleOrder(lang)
	c.State = state
	c.PollURL, c.PollSeconds = "/c/cs_test_example/status?seen="+string(state), 3
	c.Links = Links{
		PayURL:    "/c/cs_test_example/payments",
		CheckURL:  "/c/cs_test_example/check",
		CardURL:   "/c/cs_test_example/card",
		CancelURL: "/c/cs_test_example/cancel",
		ChooseURL: "/c/cs_test_example?choose=1",
	}

	switch state {
	case StateChoosing, StateQRWaiting, StateQRExpired, StateAtProvider, StateFailed:
		c.Limit = exampleLimit(lang, false)
	}

	switch state {
	case StateChoosing:
		c.Links.ChooseURL = ""
		c.Methods = exampleMethods(lang)
	case StateQRWaiting, StateQRExpired:
		c.Method, c.QR, c.AskHash, c.HashURL = "khqr", exampleCard(lang), true, "/c/cs_test_example?hash=1"
	case StateRedirecting:
		c.FormPost = &FormPost{
			Action:       "https://pay.example/orders",
			ProviderName: exampleProvider,
			Fields:       []FormField{{"out_trade_no", "pay_example"}, {"sign", "0a1b2c"}},
		}

	case StateAtProvider:
		c.Redirect = &Redirect{URL: "https://pay.example/orders/1", ProviderName: exampleProvider}
	case StateChecking:
		c.Links.ChooseURL = ""
	case StateClaimed:
		c.Links = Links{ChooseURL: c.Links.ChooseURL}
	case StateFailed:
		c.Reason = ReasonDeclined
		c.PollSeconds = 0
	default:
		exampleEnd(&c)
	}

	return c
}

func exampleLimit(lang string, near bool) *Limit {
	end := exampleTime.Add(30 * time.Minute)
	if near {
		end = exampleTime.Add(2 * time.Minute)
	}
	return &Limit{Until: FormatUntil(lang, end, exampleTime), Near: near, ExtendURL: "/c/cs_test_example/extend"}
}

// exampleEnd completes the states that nothing is asked in any more.
func exampleEnd(c *Checkout) {
	c.Links, c.PollSeconds = Links{}, 0
	c.ReturnURL = "https://shop.example/orders/1842"
	switch c.State {
	case StatePaid, StateLate, StateLateCancel, StateDuplicate, StateMismatch, StateOtherCurrency, StateOtherPayee:
		c.Receipt = exampleReceipt(c.Lang)
	}

	switch c.State {
	case StatePaid, StateDuplicate:
		c.Links.CheckURL, c.AskHash, c.HashURL = "/c/cs_test_example/check", true, "/c/cs_test_example?hash=1"
	}

	switch c.State {
	case StatePaid:
		c.ReturnSeconds = 15
	case StateMismatch:
		_, total := exampleMoney(c.Lang)
		c.Receipt.Amount = FormatAmount(c.Lang, c.Currency, total-total/5)
	case StateOtherCurrency:
		c.Receipt.Amount = FormatAmount(c.Lang, "KHR", 50_000)
	case StateSessionExpired:
		c.Links.CheckURL = "/c/cs_test_example/check"
	}
}

func exampleMethodDown(lang string) Checkout {
	c := example(lang, StateChoosing)
	c.Notice = NewNotice(lang, NoticeMethodDown, "method", "KHQR")
	c.Methods[0].Available = false
	return c
}

func exampleFieldErrors(lang string) Checkout {
	c := example(lang, StateChoosing)
	c.Notice = NewNotice(lang, NoticeFields)
	c.Customer = CustomerFields{
		Method: c.Methods[slices.IndexFunc(c.Methods, func(m Method) bool { return m.NeedsCustomer })].ID,
		Name:   Field{Value: "សុខ ដារា"},
		Email:  Field{Value: "dara@", Error: T(lang, "field.email.invalid")},
		Phone:  Field{Error: T(lang, "field.phone.missing")},
	}
	return c
}

func exampleSavedCard(lang string) Checkout {
	c := example(lang, StateChoosing)
	saved := Method{ID: "app:SAVED_CARD", Name: "Visa", CardEnding: "1111", Icon: IconCard, Available: true}
	at := slices.IndexFunc(c.Methods, func(m Method) bool { return m.ID == "app:VISA_MASTER" })
	c.Methods[at].SavesCard = true
	c.Methods = slices.Insert(c.Methods, at, saved)
	return c
}

func exampleOrder(lang string) Checkout {
	currency, total := exampleMoney(lang)
	return Checkout{
		Page:      Page{Lang: lang, Path: "/gallery"},
		SessionID: "cs_test_example",
		Merchant: Merchant{
			Name:           "Tuk Tuk Cafe",
			SupportContact: "012 345 678",
			TermsURL:       "https://shop.example/terms",
		},
		Test:        true,
		Description: "Mondulkiri coffee, 250 g",
		Items: []Item{
			{Name: "Mondulkiri coffee, 250 g", Quantity: 2, Amount: FormatAmount(lang, currency, total-total/10)},
			{Name: "Palm sugar", Quantity: 1, Amount: FormatAmount(lang, currency, total/10)},
		},
		Reference: "INV-2025-001842",
		Amount:    FormatAmount(lang, currency, total),
		Currency:  currency,
	}
}

// exampleProvider is the name of a provider in examples.
const exampleProvider = "Mekong Pay"

// exampleMethods are the code, three ways of one provider, and every other method that
// the catalogue has a name for.
func exampleMethods(lang string) []Method {
	methods := []Method{
		{ID: "khqr", Icon: IconKHQR, Available: true},
		{ID: "app:ABAAKHPP", Name: "ABA PAY", Hint: T(lang, "method.app.hint", "name", "ABA PAY"), Available: true},
		{ID: "app:WING", Name: "Wing Bank", Hint: T(lang, "method.app.hint", "name", "Wing Bank"), Available: true},
		{ID: "app:VISA_MASTER", Name: "Visa/Master Card", Icon: IconCard, Hint: T(lang, "method.other.hint", "name", exampleProvider), Available: true},
	}

	icons := []string{IconBank, IconCard, IconWallet}
	for i, id := range namedMethods() {
		methods = append(methods, Method{ID: id, Icon: icons[i%len(icons)], Available: true, NeedsCustomer: i == 1})
	}

	return methods
}

// namedMethods are the ids of the catalogue's methods, apart from the code's.
func namedMethods() (ids []string) {
	for key := range catalogues[Languages[0]] {
		id, is := strings.CutPrefix(key, "method.")
		if id, named := strings.CutSuffix(id, ".name"); is && named && id != "khqr" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// exampleMoney shows the Khmer page in riel and the others in dollars.
func exampleMoney(lang string) (currency string, minor int64) {
	if lang == "km" {
		return "KHR", 51000
	}
	return "USD", 1250
}

func exampleCard(lang string) *QRCard {
	currency, total := exampleMoney(lang)
	text := exampleUSD
	if currency == "KHR" {
		text = exampleKHR
	}

	return &QRCard{
		SVG:              exampleDrawings()[text],
		PNGURL:           "/c/cs_test_example/qr.png",
		DeepLink:         "https://bakong.example/abc",
		MerchantName:     "Tuk Tuk Cafe",
		Amount:           FormatNumber(lang, currency, total),
		Currency:         currency,
		Reference:        "INV-2025-001842-A1B2",
		Text:             text,
		ExpiresInSeconds: 581,
		ExpiresAt:        FormatClock(exampleTime.Add(10 * time.Minute)),
	}
}

func exampleReceipt(lang string) *Receipt {
	return &Receipt{
		PaidAt:        FormatTime(lang, exampleTime),
		Method:        "KHQR",
		TransactionID: "8465d722d7d5065f2886f0a474a4d34d1a3b9c0e5f7d2846a1c3e5079b8d6f42",
		ShortHash:     "8465d722",
		Reference:     "R7Q2M4ZK9T1WB5XC8N",
		LiveURL:       exampleReceiptURL,
		LiveSVG:       exampleDrawings()[exampleReceiptURL],
	}
}
