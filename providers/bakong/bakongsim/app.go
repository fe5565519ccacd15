package bakongsim

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rieltime/internal/cambodia"
	"rieltime/khqr"
	"rieltime/providers/simkit"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// app returns the handler of the bank app.
func (s *Simulator) app() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/{$}", func(w http.ResponseWriter, _ *http.Request) {
		simkit.WritePage(w, http.StatusOK, pages, "home.html", nil)
	})
	mux.HandleFunc("GET /app/app.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/app.css")
	})
	mux.HandleFunc("POST /app/scan", s.submitScan)
	mux.HandleFunc("GET /app/open/{id}", s.showCode)
	mux.HandleFunc("POST /app/open/{id}/pay", s.submitPay)
	mux.HandleFunc("POST /app/open/{id}/decline", s.submitDecline)
	mux.HandleFunc("GET /app/receipt/{hash}", s.showReceipt)
	return mux
}

// submitScan opens a pasted code, as a phone reads it from a screen.
func (s *Simulator) submitScan(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	text := strings.TrimSpace(r.PostFormValue("qr"))
	if _, err := khqr.Decode(text); err != nil {
		simkit.WritePage(w, http.StatusUnprocessableEntity, pages, "home.html", map[string]string{"Text": text, "Error": "This is not a KHQR code."})
		return
	}

	var id string
	if err := s.update(func() bool { id = s.state.addLink(link{QR: text}); return true }); err != nil {
		http.Error(w, "the state cannot be saved", http.StatusInternalServerError)
		return
	}

	http.Redirect(w, r, "/app/open/"+id, http.StatusSeeOther)
}

// codeView is what a bank shows of a code, all of it read from the code.
type codeView struct {
	ID       string
	Code     *khqr.Code
	Kind     string
	Currency string
	Created  string
	Expires  string
	Static   bool
	Expired  bool
	Faults   []string // why it cannot be paid
	PaidHash string
	AppName  string
	Callback string
	Error    string
}

// view loads the page of an opened code.
func (s *Simulator) view(id string) (codeView, bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()

	l, ok := s.state.Links[id]
	if !ok {
		return codeView{}, false
	}

	decoded, err := khqr.Decode(l.QR)
	if err != nil {
		return codeView{}, false
	}

	now := s.clock()
	view := codeView{
		ID: id, Code: decoded, Kind: decoded.Kind.String(), Currency: decoded.Currency.Name(),
		Created: formatTime(decoded.Created), Expires: formatTime(decoded.Expires),
		Static:  !decoded.Dynamic(),
		Expired: !decoded.Expires.IsZero() && !now.Before(decoded.Expires),
		Faults:  codeErrors(l.QR, now), AppName: l.AppName, Callback: webLink(l.Callback),
	}
	if t, found := s.state.paymentOf(khqr.MD5(l.QR)); found && !t.Failed && !view.Static {
		view.PaidHash = t.Hash
	}

	return view, true
}

// formatTime returns a time as the pages show it; "" for none.
func formatTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(cambodia.Zone).Format("2 Jan 2006 15:04:05")
}

// webLink returns text if it is an http or https URL, else "".
func webLink(text string) string {
	address, err := url.Parse(text)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") {
		return ""
	}
	return text
}

// showCode shows an opened code with its buttons.
func (s *Simulator) showCode(w http.ResponseWriter, r *http.Request) {
	view, ok := s.view(r.PathValue("id"))
	if !ok {
		simkit.WritePage(w, http.StatusNotFound, pages, "home.html", map[string]string{"Error": "This link does not exist."})
		return
	}
	simkit.WritePage(w, http.StatusOK, pages, "code.html", view)
}

// submitPay pays an opened code. An expired or paid one needs its own button.
func (s *Simulator) submitPay(w http.ResponseWriter, r *http.Request) {
	view, ok := s.view(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}

	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	anyway := r.PostFormValue("anyway") != ""
	amount := strings.TrimSpace(r.PostFormValue("amount"))
	switch {
	case r.PostForm.Has("amount") && amount == "":
		view.Error = "An amount is needed."
	case len(view.Faults) > 0:
		view.Error = "The bank refuses this code."
	case view.Expired && !anyway:
		view.Error = "The bank refuses a code that has expired."
	case view.PaidHash != "" && !anyway:
		view.Error = "This code has been paid already."
	}

	if view.Error == "" {
		made, err := s.Pay(Payment{QR: s.qr(view.ID), Amount: amount})
		if err == nil {
			http.Redirect(w, r, "/app/receipt/"+made.Hash+"?from="+view.ID, http.StatusSeeOther)
			return
		}

		view.Error = "The amount is not valid: " + err.Error() + "."
	}

	simkit.WritePage(w, http.StatusUnprocessableEntity, pages, "code.html", view)
}

// qr returns the text of an opened code.
func (s *Simulator) qr(id string) string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.state.Links[id].QR
}

// submitDecline makes the bank decline: a transaction fails.
func (s *Simulator) submitDecline(w http.ResponseWriter, r *http.Request) {
	view, ok := s.view(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}

	in := Payment{QR: s.qr(view.ID), Fail: true}
	if view.Static {
		in.Amount = "1"
	}

	made, err := s.Pay(in)
	if err != nil {
		view.Error = "The code cannot be paid: " + err.Error() + "."
		simkit.WritePage(w, http.StatusUnprocessableEntity, pages, "code.html", view)
		return
	}

	http.Redirect(w, r, "/app/receipt/"+made.Hash+"?from="+view.ID, http.StatusSeeOther)
}

// showReceipt shows a transaction.
func (s *Simulator) showReceipt(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	made, found := s.state.byHash(r.PathValue("hash"))
	s.Mu.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}

	from, _ := s.view(r.URL.Query().Get("from"))
	simkit.WritePage(w, http.StatusOK, pages, "receipt.html", map[string]any{
		"Transaction": made,
		"Paid":        formatTime(time.UnixMilli(made.CreatedMs)),
		"From":        from,
	})
}
