package bakongsim

import (
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rieltime/internal/cambodia"
	"rieltime/khqr"
	"rieltime/providers/simulator"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

const timeForm = "2 Jan 2006 15:04:05"

// open keeps a code to be shown under a new id.
func (s *state) open(l link) (id string) {
	id = strings.ToLower(rand.Text()[:12])
	s.Links[id] = l
	return id
}

// app is the bank app.
func (s *Simulator) app() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/{$}", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WritePage(w, http.StatusOK, pages, "home.html", nil)
	})
	mux.HandleFunc("GET /app/app.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "pages/app.css")
	})
	mux.HandleFunc("POST /app/scan", s.scan)
	mux.HandleFunc("GET /app/open/{id}", s.show)
	mux.HandleFunc("POST /app/open/{id}/pay", s.payInApp)
	mux.HandleFunc("POST /app/open/{id}/decline", s.declineInApp)
	mux.HandleFunc("GET /app/receipt/{hash}", s.receipt)
	return mux
}

// scan reads a pasted code, as a phone reads it off a screen.
func (s *Simulator) scan(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	text := strings.TrimSpace(r.PostFormValue("qr"))
	if _, err := khqr.Decode(text); err != nil {
		simulator.WritePage(w, http.StatusUnprocessableEntity, pages, "home.html", map[string]string{"Text": text, "Error": "This is not a KHQR code."})
		return
	}

	var id string
	if err := s.locked(func() bool { id = s.state.open(link{QR: text}); return true }); err != nil {
		http.Error(w, "the state cannot be kept", http.StatusInternalServerError)
		return
	}

	http.Redirect(w, r, "/app/open/"+id, http.StatusSeeOther)
}

// opened is what a bank shows of a code: all of it is read off the code.
type opened struct {
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

func (s *Simulator) open(id string) (opened, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	l, known := s.state.Links[id]
	if !known {
		return opened{}, false
	}

	decoded, err := khqr.Decode(l.QR)
	if err != nil {
		return opened{}, false
	}

	now := s.time()
	view := opened{
		ID: id, Code: decoded, Kind: decoded.Kind.String(), Currency: decoded.Currency.Name(),
		Created: shown(decoded.Created), Expires: shown(decoded.Expires),
		Static:  !decoded.Dynamic(),
		Expired: !decoded.Expires.IsZero() && !now.Before(decoded.Expires),
		Faults:  faultsOf(l.QR, now), AppName: l.AppName, Callback: webLink(l.Callback),
	}
	if t, found := s.state.paid(khqr.MD5(l.QR)); found && !t.Failed && !view.Static {
		view.PaidHash = t.Hash
	}

	return view, true
}

// faultsOf lists what is wrong with a code besides its having expired.
func faultsOf(qr string, now time.Time) []string {
	var faults []string
	for _, err := range khqr.Verify(qr, now) {
		if !errors.Is(err, khqr.KHQRExpired) {
			faults = append(faults, err.Error())
		}
	}
	return faults
}

func shown(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(cambodia.Zone).Format(timeForm)
}

// webLink lets only web addresses become links.
func webLink(text string) string {
	address, err := url.Parse(text)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") {
		return ""
	}
	return text
}

func (s *Simulator) show(w http.ResponseWriter, r *http.Request) {
	view, known := s.open(r.PathValue("id"))
	if !known {
		simulator.WritePage(w, http.StatusNotFound, pages, "home.html", map[string]string{"Error": "This link does not exist."})
		return
	}
	simulator.WritePage(w, http.StatusOK, pages, "code.html", view)
}

// payInApp pays what was opened. An expired or paid code needs its own button.
func (s *Simulator) payInApp(w http.ResponseWriter, r *http.Request) {
	view, known := s.open(r.PathValue("id"))
	if !known {
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

	simulator.WritePage(w, http.StatusUnprocessableEntity, pages, "code.html", view)
}

func (s *Simulator) qr(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Links[id].QR
}

// declineInApp lets the bank decline: the transaction is tried and fails.
func (s *Simulator) declineInApp(w http.ResponseWriter, r *http.Request) {
	view, known := s.open(r.PathValue("id"))
	if !known {
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
		simulator.WritePage(w, http.StatusUnprocessableEntity, pages, "code.html", view)
		return
	}

	http.Redirect(w, r, "/app/receipt/"+made.Hash+"?from="+view.ID, http.StatusSeeOther)
}

func (s *Simulator) receipt(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	made, found := s.state.byHash(r.PathValue("hash"))
	s.mu.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}

	from, _ := s.open(r.URL.Query().Get("from"))
	simulator.WritePage(w, http.StatusOK, pages, "receipt.html", map[string]any{
		"Transaction": made,
		"Paid":        shown(time.UnixMilli(made.CreatedMs)),
		"From":        from,
	})
}
