package kesssim

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// controlTokens expires every access token; refresh tokens stay valid.
func (s *Simulator) controlTokens(w http.ResponseWriter, _ *http.Request) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for access, granted := range s.state.Tokens {
		granted.Expires = s.Now()
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

// command decodes a command and calls do with its order and the lock held.
func (s *Simulator) command(w http.ResponseWriter, r *http.Request, do func(command, *Order) error) {
	c := command{Outcome: "paid", Code: "DECLINED", Kind: kindGenuine}
	s.Command(w, r, &c, func() error {
		order := s.newest(func(o *Order) bool { return o.OutTradeNo == c.Reference })
		if order == nil {
			return &simkit.CommandError{Status: http.StatusNotFound, Text: "there is no such order"}
		}
		return do(c, order)
	})
}

// controlPay acts as the buyer.
func (s *Simulator) controlPay(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, order *Order) error {
		method := cmp.Or(c.Method, order.Method, "ABAAKHPP")
		if _, ok := findMethod(method); !ok {
			return errors.New("method must be a BIC")
		}

		switch c.Outcome {
		case "paid":
			return s.settle(order, method, c.Late)
		case "failed":
			return s.fail(order, method, c.Code)
		}

		return errors.New("outcome must be paid or failed")
	})
}

// decideOutcome pays an order or declines it. The lock is held.
func (s *Simulator) decideOutcome(d simkit.Decision) error {
	order := s.newest(func(o *Order) bool { return o.OutTradeNo == d.Reference })
	if order == nil {
		return simkit.ErrNotSeen
	}

	method := cmp.Or(order.Method, hostedMethod)
	if d.Outcome == simkit.OutcomeNameFailed {
		return s.fail(order, method, "DECLINED")
	}

	paid, err := d.Paid(order.TotalAmount.String(), order.Currency)
	if err != nil {
		return err
	}

	asked := order.TotalAmount
	if d.Amount != "" {
		order.TotalAmount = json.Number(paid.Decimal()) // before the callback reports it
	}
	if err := s.settle(order, method, true); err != nil {
		order.TotalAmount = asked
		return err
	}
	return nil
}

// controlOrder changes what the simulator answers about an order.
func (s *Simulator) controlOrder(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, order *Order) error {
		if c.Status != "" {
			order.Status = c.Status
			if c.Status == client.StatusSuccess && order.PaidAt.IsZero() {
				order.PaidAt, order.TransactionID = s.Now(), transactionID(s.Now())
			}
		}

		order.TotalAmount = cmp.Or(c.TotalAmount, order.TotalAmount)
		order.Currency = cmp.Or(c.Currency, order.Currency)
		if c.SellerCode != "" {
			s.state.Aliases[order.Token] = c.SellerCode
		}

		return nil
	})
}

// controlSend sends a notice about an order now, whatever its status.
func (s *Simulator) controlSend(w http.ResponseWriter, r *http.Request) {
	s.command(w, r, func(c command, order *Order) error {
		if !slices.Contains([]string{kindGenuine, kindForged, kindFlipped, kindUnsigned, kindOlder}, c.Kind) {
			return errors.New("kind must be genuine, forged, flipped, unsigned or older")
		}
		if order.NotifyURL == "" {
			return errors.New("the order has no notify_url")
		}
		s.Callbacks.SendNow(s.orderCallback(*order, c.Kind))
		return nil
	})
}

// controlRefund makes a pending refund, or rejects it with a reason.
func (s *Simulator) controlRefund(w http.ResponseWriter, r *http.Request) {
	var body struct {
		MerchantReference string `json:"merchant_reference"`
		Rejected          string `json:"rejected"`
	}
	s.Command(w, r, &body, func() error {
		if !s.finishRefund(body.MerchantReference, body.Rejected) {
			return &simkit.CommandError{Status: http.StatusNotFound, Text: "there is no such refund"}
		}
		return nil
	})
}
