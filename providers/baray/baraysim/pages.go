package baraysim

import (
	"embed"
	"encoding/json"
	"net/http"

	"rieltime/providers/simkit"
)

//go:embed pages
var files embed.FS

var (
	look  = simkit.Look{Name: "Baray", Header: "#5b3a00", HeaderText: "#ffe9c2"}
	pages = look.ParsePages(files)
)

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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	intent := s.intent(r.PathValue("id"))
	if intent == nil {
		http.Error(w, errNotFound.text, http.StatusNotFound)
		return
	}
	account := s.state.Accounts[intent.APIKey]

	v := view{
		Intent: *intent, Shop: account.OrgName, Item: firstItem(*intent), Banks: banks,
		Success: intent.Status == statusSuccess,
	}
	if code := r.URL.Query().Get("bank"); bankName(code) != "" {
		v.Bank = bank{code, bankName(code)}
	}

	v.Failed = intent.Status == statusFailed && v.Bank.Code == ""
	simkit.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

func firstItem(intent Intent) string {
	var details struct {
		Items []struct{ Name string }
	}
	if json.Unmarshal(intent.OrderDetails, &details) != nil || len(details.Items) == 0 {
		return ""
	}
	return details.Items[0].Name
}

func (s *Simulator) payIntent(w http.ResponseWriter, r *http.Request) {
	bank := r.PostFormValue("bank")
	if bankName(bank) == "" {
		http.Error(w, "choose a bank first", http.StatusBadRequest)
		return
	}
	id := r.PathValue("id")
	s.submit(w, r, statusSuccess, bank, "/payments/intents/"+id+"/success")
}

func (s *Simulator) failIntent(w http.ResponseWriter, r *http.Request) {
	s.submit(w, r, statusFailed, "", "/"+r.PathValue("id"))
}

func (s *Simulator) cancelIntent(w http.ResponseWriter, r *http.Request) {
	s.submit(w, r, statusCanceled, "", "/payments/intents/"+r.PathValue("id")+"/cancel")
}

// submit gives an intent the outcome of the buyer's button and goes on to the
// page next. An intent that is already paid stays so.
func (s *Simulator) submit(w http.ResponseWriter, r *http.Request, status, bank, next string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()

	intent := s.intent(r.PathValue("id"))
	if intent == nil {
		http.Error(w, errNotFound.text, http.StatusNotFound)
		return
	}
	if err := s.settle(intent, status, bank); err != nil && err != errPaid {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}

	s.Redirect(w, r, next)
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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	intent := s.intent(r.PathValue("id"))
	if intent == nil {
		http.Error(w, errNotFound.text, http.StatusNotFound)
		return
	}
	account := s.state.Accounts[intent.APIKey]

	for _, target := range targets(*intent, account) {
		if target != "" {
			http.Redirect(w, r, target, http.StatusFound)
			return
		}
	}

	http.Error(w, "the account has no return address", http.StatusNotFound)
}
