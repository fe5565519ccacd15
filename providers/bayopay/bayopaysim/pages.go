package bayopaysim

import (
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"rieltime/providers/simulator"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

type view struct {
	Transaction Transaction
	Shop        string
	Outcome     string // empty while the buyer has not decided
	Pending     bool
	Error       string
	Fields      []hidden
}

type hidden struct{ Name, Value string }

var outcomes = map[string]string{
	statusPaid: "Payment successful", statusFailed: "Payment failed", statusPending: "Payment pending",
}

// showTransaction is the card page, then the page that brings the result back
// to the merchant.
func (s *Simulator) showTransaction(w http.ResponseWriter, r *http.Request) {
	t, account, err := s.transaction(r.PathValue("tranid"))
	if err != nil {
		simulator.WritePage(w, http.StatusNotFound, pages, "error.html", view{Error: "BP00015 " + descriptions["BP00015"]})
		return
	}

	v := view{Transaction: t, Shop: account.Name, Outcome: outcomes[t.Status], Pending: t.Status == statusPending}
	if t.ErrorCode != "" {
		v.Error = t.ErrorCode + " " + descriptions[t.ErrorCode]
	}

	if t.Status != statusOpen {
		for _, f := range (notice{Kind: kindGenuine}).result(t, account) {
			v.Fields = append(v.Fields, hidden{f.name, f.value})
		}
	}

	simulator.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// press is a button of the card page.
func (s *Simulator) press(w http.ResponseWriter, r *http.Request) {
	tranID := r.PathValue("tranid")
	status, code := statusFailed, ""
	switch r.PostFormValue("act") {
	case "pay":
		if status = statusPaid; !cardIsValid(r.PostFormValue("card"), r.PostFormValue("expiry"), s.now()) {
			status, code = statusFailed, "BP00012"
		}

	case "approve":
		status = statusPaid
	case "fail", "decline":
		code = "BP00010"
	case "pending":
		status = statusPending
	case "abandon":
		code = abandoned
	default:
		http.Error(w, "press one of the buttons", http.StatusBadRequest)
		return
	}

	if err := s.settle(tranID, status, code); err != nil && err != errIsFinal {
		renderError(w, "BP00015")
		return
	}

	s.goTo(w, r, tranID)
}

// cardIsValid checks the number's last digit (ISO/IEC 7812-1, annex B) and the
// expiry, written MM/YY.
func cardIsValid(number, expiry string, now time.Time) bool {
	digits := strings.ReplaceAll(number, " ", "")
	if len(digits) < 13 || len(digits) > 19 || strings.Trim(digits, "0123456789") != "" {
		return false
	}

	sum := 0
	for i := range digits {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}

	end, err := time.Parse("01/06", strings.TrimSpace(expiry))
	return err == nil && sum%10 == 0 && now.Before(end.AddDate(0, 1, 0))
}

func (s *Simulator) goTo(w http.ResponseWriter, r *http.Request, tranID string) {
	s.mu.Lock()
	base := s.publicURL
	s.mu.Unlock()
	http.Redirect(w, r, base+"/bayoipg/Pays/"+tranID, http.StatusSeeOther)
}

func renderError(w http.ResponseWriter, code string) {
	simulator.WritePage(w, http.StatusBadRequest, pages, "error.html", view{Error: code + " " + descriptions[code]})
}

func serveCSS(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/simulator.css")
}
