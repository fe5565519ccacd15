package kesssim

import (
	"net/http"
	"net/url"

	"rieltime/providers/faults"
	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

// saveCard makes a link to the page where a buyer enters a card to be kept.
func (s *Simulator) saveCard(c call) any {
	token := randomHex(12)
	s.state.Cards[token] = cardSession{
		SellerCode: c.account.SellerCode, NotifyURL: c.params.Text("notify_url"),
		RedirectURL: c.params.Text("redirect_url"), SignType: c.params.Text("sign_type"),
	}
	return map[string]any{"link": c.base + "/spa/inti-card?token=" + token}
}

type cardView struct {
	Shop  string
	Token string
	Saved bool
}

func (s *Simulator) showSaveCard(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	token := r.URL.Query().Get("token")
	session, found := s.state.Cards[token]
	shop := s.state.Accounts[session.SellerCode].Name
	s.mu.Unlock()
	if !found {
		http.Error(w, "there is no such link", http.StatusNotFound)
		return
	}
	simulator.WritePage(w, http.StatusOK, pages, "card.html", cardView{Shop: shop, Token: token, Saved: session.CardToken != ""})
}

// pressSaveCard keeps a card's token, made up: what was typed is never read.
// The notice's fields are a choice; the document leaves them blank.
func (s *Simulator) pressSaveCard(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()

	token := r.URL.Query().Get("token")
	session, found := s.state.Cards[token]
	if !found {
		http.Error(w, "there is no such link", http.StatusNotFound)
		return
	}

	values := url.Values{"success": {"0"}, "token": {token}, "message": {"Canceled"}}
	if r.PostFormValue("do") == "save" {
		values = url.Values{"success": {"1"}, "token": {token}, "message": {"Card saved"}}
		if session.CardToken == "" {
			session.CardToken = "card-" + randomHex(16)
			s.state.Cards[token] = session
			s.notices.Send(s.cardNotice(token, session))
			_ = s.save() // the next change saves it again
		}
	}

	if session.RedirectURL == "" {
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
		return
	}

	http.Redirect(w, r, addQuery(session.RedirectURL, values), http.StatusSeeOther)
}

// cardInfo is the document's card_info, of the made-up card.
func cardInfo(cardToken string) map[string]any {
	return map[string]any{
		"BIN": "411111", "scheme": "VISA", "card_token": cardToken, "swift_code": nil, "card_hashed": nil,
		"holder_name": nil, "account_logo": nil, "account_name": nil, "account_number": "411111******1111",
	}
}

// keepCard keeps a made-up card of a merchant's buyer. The lock is held.
func (s *Simulator) keepCard(seller string) (cardToken string) {
	cardToken = "card-" + randomHex(16)
	s.state.Cards[randomHex(12)] = cardSession{SellerCode: seller, CardToken: cardToken}
	return cardToken
}

func (s *Simulator) cardNotice(token string, session cardSession) faults.Callback {
	account := s.state.Accounts[session.SellerCode]
	fields := cardInfo(session.CardToken)
	fields["token"], fields["seller_code"], fields["status"] = token, session.SellerCode, gateway.StatusSuccess
	return s.message(session.NotifyURL, token, signed(fields, session.SignType, account.APISecretKey))
}

func (s *Simulator) cardKnown(seller, cardToken string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.state.Cards {
		if cardToken != "" && session.SellerCode == seller && session.CardToken == cardToken {
			return true
		}
	}
	return false
}
