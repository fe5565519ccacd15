package baraysim

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"

	"rieltime/providers/simulator"
)

//go:embed pages
var files embed.FS

var page = template.Must(template.ParseFS(files, "pages/*.html"))

type bank struct{ Code, Name string }

// banks in the order of the pay page (section 12, bank codes).
var banks = []bank{{"aba", "ABA Bank"}, {"acleda", "ACLEDA Bank"}, {"spn", "Sathapana Bank"}, {"wing", "Wing"}}

func bankName(code string) string {
	for _, b := range banks {
		if b.Code == code {
			return b.Name
		}
	}
	return ""
}

type view struct {
	Intent  Intent
	Shop    string
	Item    string
	Banks   []bank
	Bank    bank // the one chosen
	Success bool
	Failed  bool
}

// showIntent is the pay page: first the banks, then the chosen bank's.
func (s *Simulator) showIntent(w http.ResponseWriter, r *http.Request) {
	intent, account, err := s.intent(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}

	v := view{
		Intent: intent, Shop: account.OrgName, Item: itemOf(intent), Banks: banks,
		Success: intent.Status == statusSuccess,
	}
	if code := r.URL.Query().Get("bank"); bankName(code) != "" {
		v.Bank = bank{code, bankName(code)}
	}

	v.Failed = intent.Status == statusFailed && v.Bank.Code == ""
	simulator.WritePage(w, http.StatusOK, page, "pay.html", v)
}

func itemOf(intent Intent) string {
	var details struct {
		Items []struct{ Name string }
	}
	if json.Unmarshal(intent.OrderDetails, &details) != nil || len(details.Items) == 0 {
		return ""
	}
	return details.Items[0].Name
}

func serveCSS(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/simulator.css")
}

func (s *Simulator) pressPay(w http.ResponseWriter, r *http.Request) {
	id, code := r.PathValue("id"), r.PostFormValue("bank")
	if bankName(code) == "" {
		http.Error(w, "choose a bank first", http.StatusBadRequest)
		return
	}
	if err := s.settle(id, statusSuccess, code); err != nil && err != errIsPaid {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	s.goTo(w, r, "/payments/intents/"+id+"/success")
}

func (s *Simulator) pressFail(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := s.settle(id, statusFailed, ""); err != nil && err != errIsPaid {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	s.goTo(w, r, "/"+id)
}

func (s *Simulator) pressCancel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if err := s.settle(id, statusCanceled, ""); err != nil && err != errIsPaid {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	s.goTo(w, r, "/payments/intents/"+id+"/cancel")
}

func (s *Simulator) goTo(w http.ResponseWriter, r *http.Request, path string) {
	s.mu.Lock()
	base := s.publicURL
	s.mu.Unlock()
	http.Redirect(w, r, base+path, http.StatusSeeOther)
}

// redirectSuccess sends the buyer back, as anyone who opens the address
// (section 8): it proves nothing.
func (s *Simulator) redirectSuccess(w http.ResponseWriter, r *http.Request) {
	s.sendBack(w, r, func(i Intent, a Account) []string { return []string{i.CustomSuccessURL, a.SuccessRedirectURL} })
}

// redirectCancel goes to the account's cancel address. Baray documents none
// for an intent; without one the buyer goes to the only address known.
func (s *Simulator) redirectCancel(w http.ResponseWriter, r *http.Request) {
	s.sendBack(w, r, func(i Intent, a Account) []string {
		return []string{a.CancelRedirectURL, i.CustomSuccessURL, a.SuccessRedirectURL}
	})
}

func (s *Simulator) sendBack(w http.ResponseWriter, r *http.Request, targets func(Intent, Account) []string) {
	intent, account, err := s.intent(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}

	for _, target := range targets(intent, account) {
		if target != "" {
			http.Redirect(w, r, target, http.StatusFound)
			return
		}
	}

	http.Error(w, "the account has no address to go back to", http.StatusNotFound)
}
