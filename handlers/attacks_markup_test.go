package handlers_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html/atom"

	"rieltime/checkout"
)

// markupAttacks hide markup and scripts in what merchants, providers and
// buyers write.
var markupAttacks = []attack{
	{"markup in every text", func(h *harness) {
		for _, payload := range []string{`"><script id=x>alert(1)</script>`, `'><img id=x src=y onerror=alert(1)>`, `</title></style></svg><b id=x>`, `{{.}}<x id=x onclick=alert(1)>`} {
			h.writeEverywhere(payload)
		}
	}},
	{"a script as a URL", func(h *harness) {
		for _, payload := range []string{"javascript:alert(1)", "JaVaScRiPt://shop.example/%0aalert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example/x"} {
			h.bakong.action.DeepLinks = []checkout.DeepLink{{App: "App", URL: payload}}
			if !strings.HasPrefix(payload, "//") { // a provider may lead anywhere on the web
				h.baray.action.URL, h.bayopay.action.URL = payload, payload
			}

			h.bakong.method.LogoURL = payload
			h.asMerchant(checkout.Merchant{Name: "Shop", SupportContact: payload, LogoURL: payload})
			for _, page := range h.everyPage("x") {
				h.clean(page)
			}
		}
	}},
	{"markup in a URL", func(h *harness) {
		for _, target := range []string{
			`/%22%3E%3Cscript%20id=x%3Ealert(1)%3C/script%3E`, `/c/%3Cimg%20id=x%20src=y%3E`, `/docs?q=%22%3E%3Cb%20id=x%3E`, `/gallery?lang=%22%3E%3Cb%20id=x%3E`,
			`/c/` + h.open() + `?lang=%22%3E%3Cb%20id=x%3E&go=%3Cb%20id=x%3E`, `/gallery/%3Cb%20id=x%3E`, `/l/%3Cb%20id=x%3E/poster?size=%22%3E%3Cb%20id=x%3E`,
		} {
			h.clean(h.strike(http.MethodGet, target, "", "Accept-Language", `"><b id=x>`, "Referer", `https://pay.example/"><b id=x>`, "User-Agent", `"><b id=x>`))
		}
	}},
}

// asMerchant changes what klaing has written of itself.
func (h *harness) asMerchant(m checkout.Merchant) {
	h.t.Helper()
	keys := maps.Clone(h.keys)
	m.ID, m.ReturnHosts, m.LatePayments, m.Accent = "klaing", []string{"shop.example"}, checkout.LateReview, "#0a7d4f"
	setup := checkout.MerchantSetup{At: h.clock.Now(), Merchant: m}
	text, key := checkout.NewAPIKey(m.ID, checkout.ModeTest, h.clock.Now())
	mode := checkout.ModeSetup{Mode: checkout.ModeTest, KeyText: text, Key: key}
	for provider, id := range h.accounts {
		mode.Accounts = append(mode.Accounts, checkout.Account{ID: id, MerchantID: m.ID, Mode: checkout.ModeTest, Provider: provider, Settings: []byte("{}")})
	}

	setup.Modes = []checkout.ModeSetup{mode}
	if _, err := h.store.ApplyMerchant(h.t.Context(), setup); err != nil {
		h.t.Fatal(err)
	}

	h.keys = keys
}

// writeEverywhere puts a text wherever a merchant, a provider or a buyer may
// write one, and looks at every page.
func (h *harness) writeEverywhere(payload string) {
	h.t.Helper()
	h.asMerchant(checkout.Merchant{Name: payload, SupportContact: payload, LogoURL: "https://shop.example/" + payload})
	h.bakong.method.Name, h.baray.method.Name = payload, payload
	h.bakong.method.LogoURL = "https://bank.example/" + payload
	h.bakong.action.DeepLinks = []checkout.DeepLink{{App: payload, URL: "https://bakong.example/" + payload, OS: payload}}
	h.baray.action.URL = "https://baray.example/" + payload
	h.bayopay.action.URL = "https://bayo.example/" + payload
	h.bayopay.action.Fields = []checkout.FormField{{Name: payload, Value: payload}}
	for _, page := range h.everyPage(payload) {
		h.clean(page)
	}
}

// everyPage walks a buyer through every page, with a text in all that is asked
// for. Whatever refuses the text shows its error.
func (h *harness) everyPage(payload string) (pages []*httptest.ResponseRecorder) {
	h.t.Helper()
	text, _ := json.Marshal(payload)
	look := func(target string) { pages = append(pages, h.strike(http.MethodGet, target, "")) }
	members := []string{
		`"description":` + string(text), `"line_items":[{"name":` + string(text) + `,"quantity":1,"amount":"2.50"}]`,
		`"customer":{"name":` + string(text) + `}`, `"metadata":{"k":` + string(text) + `}`,
	}

	for _, method := range []string{"khqr", "baray", "bayopay"} {
		session := h.open(members...)
		look("/c/" + session)
		pages = append(pages, h.submit("/c/"+session+"/payments", "method", method, "name", payload, "email", payload, "phone", payload))
		payment := h.pay(session, method, "name", "Dara", "email", "dara@shop.example", "phone", "012345678")
		look("/c/" + session)
		look("/c/" + session + "?go=1")
		look("/c/" + session + "/status?v=0")
		pages = append(pages, h.submit("/c/"+session+"/check", "hash", payload))
		h.prove(payment, "tx "+payload+session, 250)
		look("/c/" + session)
		look("/c/" + session + "/status?v=0")
		html(h.t, pages[len(pages)-2]).Find(`a[href*="/r/"]`).Each(func(_ int, s *selection) {
			path := strings.TrimPrefix(s.AttrOr("href", ""), baseURL)
			look(path)
			look(path + "?cashier=1")
		})
	}

	h.bakong.fails = &checkout.Refused{Code: payload, Reason: payload, Buyer: payload}
	failed := h.open(members...)
	h.pay(failed, "khqr")
	h.bakong.fails = nil
	look("/c/" + failed)
	link := h.link(`"amount_min":"1.00","amount_max":"9.00"`, `"description":`+string(text),
		`"custom_fields":[{"key":"name","label":`+string(text)+`,"required":true}]`)
	look("/l/" + link.ID)
	look("/l/" + link.ID + "/poster")
	pages = append(pages, h.submit("/l/"+link.ID, "amount", payload, "field_name", payload), h.submit("/l/"+link.ID, "amount", "2.00", "field_name", payload))
	return pages
}

// clean fails when a page holds markup or addresses that are not its own.
func (h *harness) clean(page *httptest.ResponseRecorder) {
	h.t.Helper()
	if !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		return
	}

	if policy := page.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		h.t.Errorf("policy %q", policy)
	}

	html(h.t, page).Find("*").Each(func(_ int, s *goquery.Selection) {
		node := s.Get(0)
		if node.DataAtom == atom.Script && (s.Text() != "" || !strings.HasPrefix(s.AttrOr("src", ""), "/static/")) || s.AttrOr("id", "") == "x" {
			h.t.Errorf("foreign markup <%s> in %.200s", node.Data, s.Text())
		}

		for _, a := range node.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "srcdoc" {
				h.t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
			}

			switch a.Key {
			case "href", "src", "action", "formaction", "data-return", "poster", "xlink:href":
				if !ownAddress(node.DataAtom, a.Val) {
					h.t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
				}
			}
		}
	})
}

// ownAddress reports whether a page may hold an address: pages of the web, apps
// and mail for links, nothing else than ours for what the page loads.
func ownAddress(element atom.Atom, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}

	switch scheme := strings.ToLower(u.Scheme); {
	case address == "data:,": // no icon
		return element == atom.Link
	case element == atom.Script, element == atom.Link, element == atom.Img:
		return (scheme == "" && u.Host == "") || strings.HasPrefix(address, baseURL+"/") || (element == atom.Img && strings.HasPrefix(address, "data:image/png;base64,"))
	case address == "about:invalid#TemplFailedSanitizationURL": // what templates put in place of a script
		return true
	case scheme == "":
		return u.Host == ""
	default:
		return scheme == "https" || scheme == "mailto" || scheme == "tel"
	}
}
