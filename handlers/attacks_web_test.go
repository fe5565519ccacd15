package handlers_test

import (
	"net/http"
	"net/url"
	"strings"

	"rieltime/checkout"
)

// browserAttacks use a buyer's browser, or pose as one.
var browserAttacks = []attack{
	{"an open redirect", func(h *harness) {
		for _, address := range []string{
			"https://evil.example/", "//evil.example/", "https://shop.example@evil.example/", "https://shop.example:x@evil.example/",
			"https://shop.example.evil.example/", "https://evil.example/shop.example", "https://evil.example#shop.example", "https://evil.example?shop.example",
			`https://evil.example\\@shop.example/`, `https:\\\\evil.example/`, "https:/evil.example/", "https:evil.example", "https:///evil.example",
			"https://shop.example\\t.evil.example/", "https://[shop.example]/", "https://shop.example%2eevil.example/", "https://shop.example%00.evil.example/",
			"javascript://shop.example/%0aalert(1)", "data://shop.example/,x", "ftp://shop.example/", "/relative", "shop.example", "https://", "https://sh\\u043ep.example/",
			"https://{CHECKOUT_SESSION_ID}/", "https://{CHECKOUT_SESSION_ID}.evil.example/", "{CHECKOUT_SESSION_ID}://shop.example/",
		} {
			body := strings.Replace(order, "https://shop.example/ok", address, 1) + "}"
			if w := h.call("klaing test", http.MethodPost, sessions, body); w.Code != http.StatusBadRequest {
				h.t.Errorf("%s: %d %s", address, w.Code, w.Body)
			}
		}

		session := h.open()
		payment := h.pay(session, "baray")
		for _, query := range []string{"next=https://evil.example", "url=//evil.example", "success_url=https://evil.example", "return=https://evil.example", "lang=//evil.example"} {
			for _, target := range []string{"/c/" + session, "/return/baray/" + payment.ID, "/docs", "/gallery", "/c/" + session + "/status"} {
				w := h.strike(http.MethodGet, target+"?"+query, "")
				for _, attribute := range []string{"href", "action", "content", "src"} {
					html(h.t, w).Find("[" + attribute + "]").Each(func(_ int, s *selection) {
						if link, err := url.Parse(s.AttrOr(attribute, "")); err == nil && link.Host == "evil.example" {
							h.t.Errorf("%s?%s: %s leads to evil.example", target, query, attribute)
						}
					})
				}
			}
		}
	}},
	{"a form on another site", func(h *harness) {
		link := h.link(`"amount":"5.00"`)
		session := h.open()
		payment := h.pay(session, "khqr")
		before := h.purchase(session)
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "Same-Origin"}, {"Sec-Fetch-Site", "same-origin, cross-site"},
			{"Origin", "https://evil.example"}, {"Origin", "http://pay.example"}, {"Origin", "https://pay.example:8443"}, {"Origin", "https://pay.example.evil.example"},
			{"Origin", "https://evil.example", "Referer", baseURL + "/"}, {"Referer", "https://evil.example/c/" + session}, {"Origin", "null", "Referer", "https://evil.example/"},
			{"Sec-Fetch-Site", "cross-site", "Origin", baseURL, "Referer", baseURL + "/"},
		} {
			for _, target := range []string{"/c/" + session + "/payments", "/c/" + session + "/check", "/c/" + session + "/extend", "/c/" + session + "/card", "/c/" + session + "/cancel", "/l/" + link.ID} {
				w := h.strike(http.MethodPost, target, "method=khqr", append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
				if w.Code != http.StatusForbidden {
					h.t.Errorf("%s %v: %d", target, headers, w.Code)
				}
			}
		}

		if after := h.purchase(session); after.Session.Version != before.Session.Version || after.Latest().ID != payment.ID || h.uses(link) != 0 {
			h.t.Errorf("it changed to %+v", after)
		}
	}},
	{"a page in a frame", func(h *harness) {
		link, unframed := h.link(`"amount":"5.00"`), h.open()
		krama := read[checkout.PublicSession](h.t, h.call("krama test", http.MethodPost, sessions, order+"}"))
		unframeable := []string{"/c/" + krama.ID, "/l/" + link.ID, "/docs", "/openapi.json", "/nothing", "/c/cs_none", "/v1/payments"}
		for _, target := range append(unframeable, "/c/"+unframed) {
			w := h.strike(http.MethodGet, target, "")
			if w.Header().Get("X-Frame-Options") != "DENY" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				h.t.Errorf("%s: %v", target, w.Header())
			}
		}

		h.asMerchant(checkout.Merchant{Name: "Coffee Klaing", FrameHosts: []string{"shop.example", "till.shop.example:8443"}})
		framed := h.open()
		h.pay(framed, "khqr")
		for range 2 { // the second is kept from the first
			for _, target := range []string{"/c/" + framed, "/c/" + framed + "?choose=1", "/c/" + unframed} {
				w := h.strike(http.MethodGet, target, "")
				if !strings.Contains(w.Header().Get("Content-Security-Policy"), "; frame-ancestors shop.example till.shop.example:8443; form-action") || w.Header().Get("X-Frame-Options") != "" {
					h.t.Errorf("%s: %v", target, w.Header())
				}
			}
		}

		for _, target := range append(unframeable, "/c/"+framed+"/status", "/c/"+framed+"/qr.png", "/return/bakong/"+h.purchase(framed).Latest().ID) {
			w := h.strike(http.MethodGet, target, "")
			if w.Header().Get("X-Frame-Options") != "DENY" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				h.t.Errorf("%s: %v", target, w.Header())
			}
		}
	}},
	{"a poisoned cache", func(h *harness) {
		session, link := h.open(), h.link(`"amount":"5.00"`)
		h.pay(session, "khqr")
		for _, target := range []string{"/c/" + session, "/c/" + session + "/status", "/c/" + session + "/qr.png", "/c/" + session + ".css", "/c/" + session + "/x.js", "/l/" + link.ID, "/nothing", "/v1/payments"} {
			if control := h.strike(http.MethodGet, target, "").Header().Get("Cache-Control"); control != "no-store" {
				h.t.Errorf("%s: %q", target, control)
			}
		}
		if w := h.strike(http.MethodGet, "/static/app.css", ""); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			h.t.Errorf("a name without a digest is kept for ever: %v", w.Header())
		}
	}},
	{"a forged Host header", func(h *harness) {
		session := h.open()
		payment := h.pay(session, "khqr")
		h.prove(payment, "tx-1", 250)
		link := h.link(`"amount":"5.00"`)
		names := []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL", "X-Host", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Path"}
		headers := []string{"X-Forwarded-Proto", "http", "X-Forwarded-Port", "8443", "Forwarded", "host=evil.example;proto=http;for=evil.example"}
		for _, name := range names {
			headers = append(headers, name, "evil.example")
		}

		for _, target := range []string{"/c/" + session, "/c/" + h.open(), "/l/" + link.ID, "/l/" + link.ID + "/poster", "/nothing", "/docs", "/openapi.json", "/return/bakong/" + payment.ID, "/healthz", "/robots.txt"} {
			w := h.strike(http.MethodGet, "http://evil.example"+target, "", headers...)
			for name, values := range w.Header() {
				if strings.Contains(strings.Join(values, " "), "evil.example") {
					h.t.Errorf("%s: %s: %v", target, name, values)
				}
			}

			if strings.Contains(w.Body.String(), "evil.example") || strings.Contains(w.Body.String(), "http://pay.example") {
				h.t.Errorf("%s shows the host of the request", target)
			}
		}

		w := h.send(http.MethodPost, "http://evil.example"+sessions, strings.Replace(order, "A-1", "HOST", 1)+"}",
			append(headers, "Authorization", "Bearer "+h.keys["klaing test"], "Content-Type", "application/json")...)
		if made := read[checkout.PublicSession](h.t, w); made.URL != baseURL+"/c/"+made.ID || strings.Contains(w.Header().Get("Location"), "evil") {
			h.t.Errorf("the session is at %s", made.URL)
		}
	}},
	{"a forged cookie", func(h *harness) {
		session := h.open(`"locale":"en"`)
		for _, value := range []string{"", "x", strings.Repeat("A", 4000), "MTcwMDAwMDAwMHxEWDhFQVFMX2dBQUJFQUVRQUFBbF80QUFBUT09fAAA", "a|b|c", "%00", "../../x"} {
			for _, name := range []string{"__Host-rieltime", "rieltime", "__Host-rieltime=x; __Host-rieltime"} {
				w := h.strike(http.MethodGet, "/c/"+session, "", "Cookie", name+"="+value)
				if lang := html(h.t, w).Find("html").AttrOr("lang", ""); w.Code != http.StatusOK || lang != "en" {
					h.t.Errorf("%s=%.20s: %d, %s", name, value, w.Code, lang)
				}
			}
		}
	}},
}
