package bayopaysim

import (
	"cmp"
	"net/http"
)

// receiveForm takes the payment form and leads the buyer to the card page, or
// answers with an error page.
func (s *Simulator) receiveForm(w http.ResponseWriter, r *http.Request) {
	form, code := readForm(r)
	s.Mu.Lock()
	defer s.Mu.Unlock()

	account, ok := s.state.Accounts[form["bayo_niagaid"]]
	if code == "" {
		code = checkRequest(form, account, ok)
	}
	if code != "" {
		s.state.Ledger.Refusals[code]++
		writeError(w, code)
		return
	}

	t, err := s.create(form, account)
	if err != nil {
		writeError(w, codeBusy)
		return
	}

	s.schedule(*t)
	s.Redirect(w, r, pagesPath+t.TranID)
}

// create records the transaction of a form. It fails at once when the account
// does not allow it. The lock is held.
func (s *Simulator) create(form map[string]string, account Account) (*Transaction, error) {
	t := s.add(Transaction{
		NiagaID: account.NiagaID, OrderID: form["bayo_orderid"], Amount: form["bayo_amount"],
		Currency: form["bayo_currency"], Channel: form["bayo_channel"], Name: form["bayo_name"],
		Email: form["bayo_email"], Mobile: form["bayo_mobile"], Description: form["bayo_description"],
		ReturnURL:   cmp.Or(form["bayo_returnurl"], account.ReturnURL),
		CallbackURL: cmp.Or(form["bayo_callbackurl"], account.CallbackURL),
	})
	if code := checkAllowed(*t, account); code != "" {
		s.state.Ledger.Refusals[code]++
		return t, s.settle(t, statusFailed, code)
	}
	return t, s.Save()
}
