//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// act does at the provider what the buyer wants: "pay", "fail" or pay an
// "other sum" where that can be. Then most buyers come back. Nobody pays what
// was opened two days ago.
func (s *crashBuyer) act(opened *pageResponse, what string) {
	s.atProviders.RLock()
	defer s.atProviders.RUnlock()

	if opened == nil || opened.silences != s.silences.Load() {
		return
	}

	back := ""
	_, target, leaves := strings.Cut(opened.header.Get("Refresh"), "url=")
	switch {
	case leaves && strings.HasPrefix(target, s.sims["baray"]):
		back = s.atBaray(target, what)
	case leaves:
		back = s.atKess(target, what)
	case first(handoffOf, opened.text) != "":
		s.atBayopay(opened, what)
	default:
		s.inBank(first(copyOf, opened.text), what)
	}

	if back != "" && s.chance(70) {
		s.browse(http.MethodGet, back, nil)
	}
}

// inBank scans a code with the bank's app: Bakong's, or KESS's for its own.
func (s *crashBuyer) inBank(qr, what string) {
	switch {
	case strings.Contains(qr, simAccount) && what == "pay" && s.chance(50):
		opened := s.post(s.sims["bakong"]+"/app/scan", url.Values{"qr": {qr}})
		if opened != nil {
			s.post(opened.location+"/pay", url.Values{"anyway": {"1"}})
		}

	case strings.Contains(qr, simAccount):
		order := map[string]any{"qr": qr, "fail": what == "fail"}
		if what == "other sum" {
			order["amount"] = "1"
		}
		s.control(http.MethodPost, s.sims["bakong"]+"/control/pay", order)

	case qr != "":
		token := tag(tag(qr, "62"), "01")
		s.post(s.sims["kess"]+"/app/"+token, url.Values{"do": {doOf(what)}})
	}
}

// tag is the value of one tag of a KHQR (EMVCo: two digits, two of length).
func tag(text, wanted string) string {
	for len(text) >= 4 {
		size := int(text[2]-'0')*10 + int(text[3]-'0')
		if len(text) < 4+size {
			return ""
		}
		if text[:2] == wanted {
			return text[4 : 4+size]
		}

		text = text[4+size:]
	}

	return ""
}

func doOf(what string) string {
	if what == "fail" {
		return "fail"
	}
	return "pay"
}

func (s *crashBuyer) atBaray(intent, what string) (back string) {
	v := s.post(intent+"/"+doOf(what), url.Values{"bank": {"aba"}})
	if v == nil || what == "fail" {
		return ""
	}
	if v = s.browse(http.MethodGet, v.location, nil); v == nil {
		return ""
	}
	return v.location
}

func (s *crashBuyer) atKess(order, what string) (back string) {
	v := s.post(order, url.Values{"do": {doOf(what)}, "method": {"ABAAKHPP"}})
	if v == nil || !strings.HasPrefix(v.location, s.baseURL) {
		return ""
	}
	return v.location
}

// atBayopay posts the form until BayoPay takes it, pays by card, and brings the
// result back; whoever does not leaves it to BayoPay's callback.
func (s *crashBuyer) atBayopay(opened *pageResponse, what string) {
	var v *pageResponse
	for range 6 {
		if v = s.post(first(handoffOf, opened.text), hidden(opened.text)); v != nil && v.location != "" {
			break
		}
		s.idle()
	}

	if v == nil || v.location == "" {
		return
	}

	card := v.location
	if v = s.post(card, url.Values{"act": {doOf(what)}, "card": {"4111 1111 1111 1111"}, "expiry": {"12/49"}}); v == nil {
		return
	}
	if v = s.browse(http.MethodGet, card, nil); v == nil || !s.chance(70) {
		return
	}

	s.post(first(returnOf, v.text), hidden(v.text))
}

// resendBayopay has BayoPay say again what is not known: it cannot be asked, so
// a result that neither the browser nor a callback brought is known to BayoPay
// alone until it is sent again.
func (w *crashHarness) resendBayopay() (resent int) {
	known := map[string]bool{}
	for _, p := range w.payments() {
		if p.Proof != nil {
			known[p.Proof.Transaction] = true
		}
	}

	var ledger simLedger
	w.read(w.sims["bayopay"]+"/control/ledger", &ledger)
	for _, t := range ledger.Transactions {
		if t.Status == "00" && !known[t.TranID] {
			w.control(http.MethodPost, w.sims["bayopay"]+"/control/callbacks/send", map[string]string{"tranid": t.TranID})
			resent++
		}
	}

	return resent
}

func (w *crashHarness) read(address string, into any) {
	w.t.Helper()
	_, text := w.control(http.MethodGet, address, nil)
	if err := json.Unmarshal(text, into); err != nil {
		w.t.Fatalf("%s: %v", address, err)
	}
}
