package bakongsim

import (
	"net/http"
	"time"

	"rieltime/khqr"
	"rieltime/providers/simkit"
)

// control returns the handler of the API for tests. Bodies and answers are JSON:
//
//	GET, POST, DELETE /control/faults    see simkit.Injector.Control
//	POST   /control/pay       Payment → Transaction, also one without a code; 422 when it cannot be paid
//	POST   /control/decline   Payment → failed Transaction
//	POST   /control/outcomes  see simkit.Kit.HandleOutcomes
//	GET    /control/ledger    {requests {counts, recent}, codes, transactions}
//	GET    /control/mail      codes mailed by request_token, by address
//	POST   /control/accounts  {account}: an account that exists
//	POST   /control/clock     {offset_ms}: how far the simulator's clock is ahead
//	POST   /control/limits    {daily, per_second} for each token; 0: no limit
//	POST   /control/refusals  {endpoint, error_code, count}: answer errorCode
//	DELETE /control/refusals  remove them
func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/control/faults", s.Faults.Control())
	mux.HandleFunc("POST /control/pay", func(w http.ResponseWriter, r *http.Request) { s.controlPay(w, r, false) })
	mux.HandleFunc("POST /control/decline", func(w http.ResponseWriter, r *http.Request) { s.controlPay(w, r, true) })
	mux.HandleFunc("GET /control/ledger", s.controlLedger)
	mux.HandleFunc("GET /control/mail", s.controlMail)
	mux.HandleFunc("POST /control/accounts", s.controlAccounts)
	mux.HandleFunc("POST /control/clock", s.controlClock)
	mux.HandleFunc("POST /control/limits", s.controlLimits)
	mux.HandleFunc("POST /control/refusals", s.controlRefuse)
	s.HandleOutcomes(mux, s.decide)
	mux.HandleFunc("DELETE /control/refusals", func(w http.ResponseWriter, _ *http.Request) {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		s.refusals = nil
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request, decline bool) {
	var in Payment
	if err := simkit.DecodeStrict(simkit.ReadBody(r), &in); err != nil {
		simkit.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}

	in.Fail = in.Fail || decline
	made, err := s.Pay(in)
	if err != nil {
		simkit.WriteJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}

	simkit.WriteJSON(w, http.StatusOK, made)
}

// decide pays a code, or has its payment fail. Without one it is the newest that the
// simulator has seen with the bill number. The lock is held.
func (s *Simulator) decide(d simkit.Decision) error {
	chosen := code{QR: d.QR}
	for _, known := range s.state.Codes {
		decoded, err := khqr.Decode(known.QR)
		if d.QR == "" && err == nil && decoded.BillNumber == d.Reference && !known.SeenAt.Before(chosen.SeenAt) {
			chosen = known
		}
	}
	if chosen.QR == "" {
		return simkit.ErrNotSeen
	}

	_, err := s.pay(Payment{QR: chosen.QR, Amount: d.Amount, Fail: d.Outcome == simkit.OutcomeNameFailed})
	return err
}

func (s *Simulator) controlLedger(w http.ResponseWriter, _ *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	simkit.WriteJSON(w, http.StatusOK, struct {
		Requests     requests        `json:"requests"`
		Codes        map[string]code `json:"codes"`
		Transactions []Transaction   `json:"transactions"`
	}{s.requests, s.state.Codes, s.state.Transactions})
}

// controlMail returns the codes that were mailed, by address.
func (s *Simulator) controlMail(w http.ResponseWriter, _ *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	codes := map[string]string{}
	for email, r := range s.state.Registrations {
		if r.Code != "" {
			codes[email] = r.Code
		}
	}
	simkit.WriteJSON(w, http.StatusOK, codes)
}

func (s *Simulator) controlAccounts(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account string `json:"account"`
	}
	s.Command(w, r, &in, func() error {
		s.state.Accounts[in.Account] = true
		return nil
	})
}

func (s *Simulator) controlClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		OffsetMs int64 `json:"offset_ms"`
	}
	s.Command(w, r, &in, func() error {
		s.skew = time.Duration(in.OffsetMs) * time.Millisecond
		return nil
	})
}

func (s *Simulator) controlLimits(w http.ResponseWriter, r *http.Request) {
	var in limits
	s.Command(w, r, &in, func() error {
		s.limits = in
		return nil
	})
}

func (s *Simulator) controlRefuse(w http.ResponseWriter, r *http.Request) {
	var in refusal
	s.Command(w, r, &in, func() error {
		if _, ok := codeMessages[in.Code]; !ok {
			return &simkit.CommandError{Status: http.StatusBadRequest, Text: "error_code is not one of Bakong's"}
		}
		s.refusals = append(s.refusals, in)
		return nil
	})
}
