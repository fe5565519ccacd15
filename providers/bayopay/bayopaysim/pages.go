package bayopaysim

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"rieltime/providers/simkit"
)

//go:embed pages
var files embed.FS

var (
	look  = simkit.Look{Name: "BayoPay", Header: "#4a1d52", HeaderText: "#fbe4ff"}
	pages = look.ParsePages(files)
)

// pagesPath is where the page of a transaction is, by its id.
const pagesPath = "/bayoipg/Pays/"

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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	t := s.transaction(r.PathValue("tranid"))
	if t == nil {
		simkit.WritePage(w, http.StatusNotFound, pages, "error.html", view{Error: describe(codeNotFound)})
		return
	}

	account := s.state.Accounts[t.NiagaID]
	v := view{Transaction: *t, Shop: account.Name, Outcome: outcomes[t.Status], Pending: t.Status == statusPending}
	if t.ErrorCode != "" {
		v.Error = describe(t.ErrorCode)
	}

	if t.Status != statusOpen {
		for _, f := range (result{Kind: kindGenuine}).fields(*t, account) {
			v.Fields = append(v.Fields, hidden{f.name, f.value})
		}
	}

	simkit.WritePage(w, http.StatusOK, pages, "pay.html", v)
}

// submit gives a transaction the outcome of the button that was pressed.
func (s *Simulator) submit(w http.ResponseWriter, r *http.Request) {
	status, code := statusFailed, ""
	switch r.PostFormValue("act") {
	case "pay":
		if status = statusPaid; !isValidCard(r.PostFormValue("card"), r.PostFormValue("expiry"), s.Now()) {
			status, code = statusFailed, codeInvalidCard
		}

	case "approve":
		status = statusPaid
	case "fail", "decline":
		code = codeNotAllowed
	case "pending":
		status = statusPending
	case "abandon":
		code = codeTimeout
	default:
		http.Error(w, "press one of the buttons", http.StatusBadRequest)
		return
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()

	// A transaction that is already decided shows its outcome.
	t := s.transaction(r.PathValue("tranid"))
	if t == nil {
		writeError(w, codeNotFound)
		return
	}
	if err := s.settle(t, status, code); err != nil && err != errDecided {
		writeError(w, codeBusy)
		return
	}

	s.Redirect(w, r, pagesPath+t.TranID)
}

// isValidCard reports whether a card can be charged: it checks the number's last digit (ISO/IEC 7812-1, annex B) and the
// expiry, written MM/YY.
func isValidCard(number, expiry string, now time.Time) bool {
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

// writeError answers with the page of an error code.
func writeError(w http.ResponseWriter, code string) {
	simkit.WritePage(w, http.StatusBadRequest, pages, "error.html", view{Error: describe(code)})
}

func describe(code string) string { return code + " " + descriptions[code] }
