package kesssim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

// control adds the control API.
func (s *Simulator) control(mux *http.ServeMux) {
	mux.Handle("/control/faults", s.faults.Control())
	mux.HandleFunc("GET /control/ledger", s.controlLedger)
	mux.HandleFunc("GET /control/public-key", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = io.WriteString(w, s.PublicKey())
	})

	mux.HandleFunc("POST /control/accounts", s.controlAccount)
	mux.HandleFunc("POST /control/pay", s.controlPay)
	mux.HandleFunc("POST /control/orders", s.controlOrder)
	mux.HandleFunc("POST /control/refunds", s.controlRefund)
	mux.HandleFunc("DELETE /control/tokens", s.controlTokens)
	mux.Handle("/control/callbacks", s.notices.Control())
	mux.HandleFunc("POST /control/callbacks/send", s.controlSend)
}

func (s *Simulator) controlLedger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	simulator.WriteJSON(w, http.StatusOK, s.state.Ledger)
}

// controlAccount adds a merchant or replaces it; the body is an Account.
func (s *Simulator) controlAccount(w http.ResponseWriter, r *http.Request) {
	var account Account
	if !simulator.DecodeStrict(simulator.ReadBody(r), &account) || account.SellerCode == "" {
		http.Error(w, "an account has the fields of the login, and a seller_code", http.StatusBadRequest)
		return
	}
	if err := s.SetAccount(account); err != nil {
		http.Error(w, "the state cannot be kept", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlTokens ends every access token; refresh tokens go on.
func (s *Simulator) controlTokens(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for access, granted := range s.state.Tokens {
		granted.Expires = s.now()
		s.state.Tokens[access] = granted
	}
	w.WriteHeader(http.StatusNoContent)
}

// command is the body of the calls about one order.
type command struct {
	Reference   string      `json:"reference"`    // out_trade_no
	Outcome     string      `json:"outcome"`      // paid (default), failed
	Method      string      `json:"method"`       // BIC; default: the native one, else ABAAKHPP
	Code        string      `json:"code"`         // of a failure; default: DECLINED
	Late        bool        `json:"late"`         // take money for a closed order too
	Kind        string      `json:"kind"`         // of the notice to send; default: genuine
	Status      string      `json:"status"`       // what queryOrder is to answer
	TotalAmount json.Number `json:"total_amount"` // likewise
	Currency    string      `json:"currency"`     // likewise
	SellerCode  string      `json:"seller_code"`  // likewise
}

// withOrder decodes a command and does it to its order, with the lock held.
func (s *Simulator) withOrder(w http.ResponseWriter, r *http.Request, do func(command, *Order) error) {
	c := command{Outcome: "paid", Code: "DECLINED", Kind: kindGenuine}
	if !simulator.DecodeStrict(simulator.ReadBody(r), &c) {
		http.Error(w, "the body is an object that names an order by its reference", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	order := s.find(func(o *Order) bool { return o.OutTradeNo == c.Reference })
	if order == nil {
		http.Error(w, "there is no such order", http.StatusNotFound)
		return
	}

	if err := do(c, order); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}

	if err := s.save(); err != nil {
		http.Error(w, "the state cannot be kept", http.StatusInternalServerError)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

// controlPay acts as the buyer.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	s.withOrder(w, r, func(c command, order *Order) error {
		method := c.Method
		if method == "" {
			method = order.Method
		}

		if method == "" {
			method = "ABAAKHPP"
		}

		if _, known := findMethod(method); !known {
			return errors.New("the method is a BIC")
		}

		switch c.Outcome {
		case "paid":
			return s.settle(order, method, c.Late)
		case "failed":
			return s.fail(order, method, c.Code)
		}

		return errors.New("the outcome is paid or failed")
	})
}

// controlOrder changes what the simulator answers about an order.
func (s *Simulator) controlOrder(w http.ResponseWriter, r *http.Request) {
	s.withOrder(w, r, func(c command, order *Order) error {
		if c.Status != "" {
			order.Status = c.Status
			if c.Status == gateway.StatusSuccess && order.PaidAt.IsZero() {
				order.PaidAt, order.TransactionID = s.now(), transactionID(s.now())
			}
		}

		if c.TotalAmount != "" {
			order.TotalAmount = c.TotalAmount
		}

		if c.Currency != "" {
			order.Currency = c.Currency
		}

		if c.SellerCode != "" {
			s.state.Aliases[order.Token] = c.SellerCode
		}

		return nil
	})
}

// controlSend sends a notice about an order now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	s.withOrder(w, r, func(c command, order *Order) error {
		if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindUnsigned, kindOlder}, c.Kind) {
			return errors.New("the kind is genuine, forged, flipped, unsigned or older")
		}
		if order.NotifyURL == "" {
			return errors.New("the order has no notify_url")
		}
		s.notices.SendNow(s.notice(*order, c.Kind))
		return nil
	})
}

// controlRefund makes a pending refund, or rejects it with a reason.
func (s *Simulator) controlRefund(w http.ResponseWriter, r *http.Request) {
	var body struct {
		MerchantReference string `json:"merchant_reference"`
		Rejected          string `json:"rejected"`
	}
	if !simulator.DecodeStrict(simulator.ReadBody(r), &body) {
		http.Error(w, "the fields are merchant_reference and rejected", http.StatusBadRequest)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	if !s.finishRefund(body.MerchantReference, body.Rejected) {
		http.Error(w, "there is no such refund", http.StatusNotFound)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}
