package kesssim

import (
	"net/http"
	"net/url"

	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// saveCard returns a link to the page where a buyer enters a card to be kept.
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
	s.Mu.Lock()
	token := r.URL.Query().Get("token")
	session, found := s.state.Cards[token]
	shop := s.state.Accounts[session.SellerCode].Name
	s.Mu.Unlock()
	if !found {
		http.Error(w, "there is no such link", http.StatusNotFound)
		return
	}
	simkit.WritePage(w, http.StatusOK, pages, "card.html", cardView{Shop: shop, Token: token, Saved: session.CardToken != ""})
}

// submitSaveCard stores a made-up card token: what was typed is never read.
// The notice's fields are a choice; the document leaves them blank.
func (s *Simulator) submitSaveCard(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()

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
			s.Callbacks.Send(s.cardCallback(token, session))
			_ = s.Save() // the next change saves it again
		}
	}

	if session.RedirectURL == "" {
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
		return
	}

	http.Redirect(w, r, addQuery(session.RedirectURL, values), http.StatusSeeOther)
}

// keepCard stores a made-up card of a merchant's buyer and returns its token. The lock is held.
func (s *Simulator) keepCard(seller string) (cardToken string) {
	cardToken = "card-" + randomHex(16)
	s.state.Cards[randomHex(12)] = cardSession{SellerCode: seller, CardToken: cardToken}
	return cardToken
}

// cardCallback returns the notice of a saved card. The lock is held.
func (s *Simulator) cardCallback(token string, session cardSession) simkit.Callback {
	account := s.state.Accounts[session.SellerCode]
	fields := cardInfo(session.CardToken)
	fields["token"], fields["seller_code"], fields["status"] = token, session.SellerCode, client.StatusSuccess
	return s.message(session.NotifyURL, token, signed(fields, session.SignType, account.APISecretKey))
}

// isSavedCard reports whether a merchant's buyer saved this card.
func (s *Simulator) isSavedCard(seller, cardToken string) bool {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, session := range s.state.Cards {
		if cardToken != "" && session.SellerCode == seller && session.CardToken == cardToken {
			return true
		}
	}
	return false
}
