package bakongsim

import (
	"io"
	"net/http"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/simulator"
)

// ledger is what the simulator was asked. Recent holds the last requests only.
type ledger struct {
	Counts map[string]int `json:"counts"` // by endpoint
	Recent []request      `json:"recent"`
}

type request struct {
	At   time.Time `json:"at"`
	Path string    `json:"path"`
}

const recentRequests = 1000

// record notes each protocol request, those that a fault strikes too.
func (s *Simulator) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.asked.Counts == nil {
			s.asked.Counts = map[string]int{}
		}

		s.asked.Counts[r.URL.Path]++
		s.asked.Recent = append(s.asked.Recent, request{s.time(), r.URL.Path})
		if extra := len(s.asked.Recent) - recentRequests; extra > 0 {
			s.asked.Recent = s.asked.Recent[extra:]
		}

		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// refusal orders an errorCode from an endpoint.
type refusal struct {
	Endpoint string `json:"endpoint"` // its last path element; empty: every one
	Code     int    `json:"error_code"`
	Count    int    `json:"count"` // how many requests; 0: until cleared
}

// refuse takes an ordered refusal for this endpoint. The lock is held.
func (s *Simulator) refuse(name string) (code int, ordered bool) {
	for i := range s.refusals {
		r := &s.refusals[i]
		if r.Endpoint != "" && r.Endpoint != name {
			continue
		}

		code = r.Code
		if r.Count > 0 {
			if r.Count--; r.Count == 0 {
				s.refusals = append(s.refusals[:i], s.refusals[i+1:]...)
			}
		}

		return code, true
	}

	return 0, false
}

// control is the API for tests. Bodies and answers are JSON:
//
//	GET, POST, DELETE /control/faults    what package faults says
//	POST   /control/pay       Payment → Transaction, also one without a code; 422 when it cannot be paid
//	POST   /control/decline   Payment → failed Transaction
//	GET    /control/ledger    {requests {counts, recent}, codes, transactions}
//	GET    /control/mail      codes mailed by request_token, by address
//	POST   /control/accounts  {account}: an account that exists
//	POST   /control/clock     {offset_ms}: the simulator's clock against ours
//	POST   /control/limits    {daily, per_second} for each token; 0: without bound
//	POST   /control/refusals  {endpoint, error_code, count}: answer errorCode
//	DELETE /control/refusals  end them
func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/control/faults", s.faults.Control())
	mux.HandleFunc("POST /control/pay", func(w http.ResponseWriter, r *http.Request) { s.controlPay(w, r, false) })
	mux.HandleFunc("POST /control/decline", func(w http.ResponseWriter, r *http.Request) { s.controlPay(w, r, true) })
	mux.HandleFunc("GET /control/ledger", s.controlLedger)
	mux.HandleFunc("GET /control/mail", s.controlMail)
	mux.HandleFunc("POST /control/accounts", s.controlAccounts)
	mux.HandleFunc("POST /control/clock", s.controlClock)
	mux.HandleFunc("POST /control/limits", s.controlLimits)
	mux.HandleFunc("POST /control/refusals", s.controlRefuse)
	mux.HandleFunc("DELETE /control/refusals", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusals = nil
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// Payment is what a test, or the bank app, pays. Amount, Currency and To are
// the code's own unless set. With these three and no code it is a transfer, such
// as for a sale at a till.
type Payment struct {
	QR        string `json:"qr"`         // a KHQR text, or
	MD5       string `json:"md5"`        // the md5 of one that the simulator has seen, or neither
	Amount    string `json:"amount"`     // "10.00"
	Currency  string `json:"currency"`   // "USD", "KHR"
	To        string `json:"to"`         // the account that gets it
	From      string `json:"from"`       // DemoPayer unless set
	CreatedMs int64  `json:"created_ms"` // now unless set
	Fail      bool   `json:"fail"`       // the transaction fails
}

func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request, decline bool) {
	var in Payment
	if !readControl(w, r, &in) {
		return
	}

	in.Fail = in.Fail || decline
	made, err := s.Pay(in)
	if err != nil {
		simulator.WriteJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}

	simulator.WriteJSON(w, http.StatusOK, made)
}

// Pay moves the money, as the bank would, without asking whether the code has
// expired or was paid before.
func (s *Simulator) Pay(in Payment) (Transaction, error) {
	var made Transaction
	var refused error
	err := s.locked(func() bool {
		made, refused = s.pay(in)
		return refused == nil
	})
	if err == nil {
		err = refused
	}
	return made, err
}

func (s *Simulator) pay(in Payment) (Transaction, error) {
	if in.QR == "" {
		in.QR = s.state.Codes[in.MD5].QR
	}

	decoded, err := paidCode(in)
	if err != nil {
		return Transaction{}, err
	}

	amount, err := amountOf(decoded, in)
	if err != nil {
		return Transaction{}, err
	}

	made := Transaction{
		Hash: newHash(), From: in.From, To: in.To, CreatedMs: in.CreatedMs, Failed: in.Fail,
		Amount: amount.Decimal(), Currency: amount.Currency, Description: decoded.Purpose,
	}
	if made.From == "" {
		made.From = DemoPayer
	}

	if made.To == "" {
		made.To = decoded.Account
	}

	if made.CreatedMs == 0 {
		made.CreatedMs = s.time().UnixMilli()
	}

	if in.QR != "" {
		made.MD5 = s.state.see(in.QR, decoded, s.time())
	}

	s.state.Transactions = append(s.state.Transactions, made)
	return made, nil
}

// paidCode is the code that is paid; an empty one for a transfer without.
func paidCode(in Payment) (*khqr.Code, error) {
	switch {
	case in.QR != "":
		return khqr.Decode(in.QR)
	case in.MD5 == "" && in.To != "" && in.Amount != "" && in.Currency != "":
		return &khqr.Code{}, nil
	case in.MD5 == "":
		return nil, checkout.Invalidf("qr", "missing", "give a code by qr or md5, or to, amount and currency of a transfer without one")
	}
	return nil, checkout.Invalidf("md5", "unknown", "no code with this md5 was seen")
}

func amountOf(decoded *khqr.Code, in Payment) (checkout.Money, error) {
	name := in.Currency
	if name == "" {
		name = decoded.Currency.Name()
	}

	currency, err := checkout.ParseCurrency(name)
	if err != nil {
		return checkout.Money{}, err
	}

	text := in.Amount
	if text == "" {
		text = decoded.Amount
	}

	return checkout.ParseMoney(text, currency)
}

func (s *Simulator) controlLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	simulator.WriteJSON(w, http.StatusOK, struct {
		Requests     ledger          `json:"requests"`
		Codes        map[string]code `json:"codes"`
		Transactions []Transaction   `json:"transactions"`
	}{s.asked, s.state.Codes, s.state.Transactions})
}

// controlMail is the inbox of who registers: the code by e-mail address.
func (s *Simulator) controlMail(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	codes := map[string]string{}
	for email, r := range s.state.Registrations {
		if r.Code != "" {
			codes[email] = r.Code
		}
	}
	simulator.WriteJSON(w, http.StatusOK, codes)
}

func (s *Simulator) controlAccounts(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account string `json:"account"`
	}
	if !readControl(w, r, &in) {
		return
	}

	if err := s.locked(func() bool { s.state.Accounts[in.Account] = true; return true }); err != nil {
		http.Error(w, "the state cannot be kept", http.StatusInternalServerError)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

func (s *Simulator) controlClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		OffsetMs int64 `json:"offset_ms"`
	}
	if readControl(w, r, &in) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.skew = time.Duration(in.OffsetMs) * time.Millisecond
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) controlLimits(w http.ResponseWriter, r *http.Request) {
	var in limits
	if readControl(w, r, &in) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.limits = in
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) controlRefuse(w http.ResponseWriter, r *http.Request) {
	var in refusal
	if !readControl(w, r, &in) {
		return
	}

	if _, known := codeMessages[in.Code]; !known {
		http.Error(w, "error_code is not one of Bakong's", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	s.refusals = append(s.refusals, in)
	w.WriteHeader(http.StatusNoContent)
}

func readControl(w http.ResponseWriter, r *http.Request, in any) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = decode(body, in)
	}
	if err != nil {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	}
	return err == nil
}
