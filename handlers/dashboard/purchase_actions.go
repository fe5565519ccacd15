package dashboard

import (
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
)

// ownSession loads the purchase of the session of the path.
func (s *Server) ownSession(c echo.Context, v viewer) (checkout.Purchase, error) {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return checkout.Purchase{}, err
	}
	return s.ownPurchase(c, v, id)
}

func (s *Server) ownPurchase(c echo.Context, v viewer, sessionID string) (checkout.Purchase, error) {
	purchase, err := s.service.Purchase(c.Request().Context(), sessionID)
	if err == nil && (purchase.Session.MerchantID != v.merchant.ID || purchase.Session.Mode != v.mode) {
		err = checkout.ErrNotFound
	}
	if err != nil {
		return checkout.Purchase{}, err
	}
	return purchase, nil
}

// ownPayment loads the payment of the path with its purchase.
func (s *Server) ownPayment(c echo.Context, v viewer) (checkout.Purchase, checkout.Payment, error) {
	id, err := request.PathID(c, "payment", request.PaymentPrefix)
	if err != nil {
		return checkout.Purchase{}, checkout.Payment{}, err
	}

	payment, err := s.store.Payment(c.Request().Context(), id)
	if err != nil {
		return checkout.Purchase{}, checkout.Payment{}, err
	}

	purchase, err := s.ownPurchase(c, v, payment.SessionID)
	if err != nil {
		return checkout.Purchase{}, checkout.Payment{}, err
	}
	return purchase, *purchase.Payment(id), nil
}

// queryPayment has the verifier query the provider about a payment as soon as its budget
// allows, as it does after a buyer's "I have paid".
func (s *Server) queryPayment(c echo.Context, v viewer) error {
	_, payment, err := s.ownPayment(c, v)
	if err != nil {
		return err
	}
	if !payment.IsWatched() {
		return errNotWatched
	}

	if err := s.service.WakePayments(v.context(c), payment.SessionID, []checkout.Payment{payment}); err != nil {
		return err
	}
	if err := s.store.Audit(v.context(c), "payment.query", payment.ID, nil); err != nil {
		return err
	}
	return redirect(c, v.path("/payments/"+payment.ID+"?done=queried"))
}

var errNotWatched = &checkout.Error{Kind: checkout.KindConflict, Code: "payment_not_watched", Detail: "The provider is not asked about this payment any more: its answer is final, or the provider cannot be asked."}

const (
	minFormKey = 16
	maxFormKey = 64
)

// refundPayment gives money back. The form has a key, so that one that is sent twice
// makes one refund.
func (s *Server) refundPayment(c echo.Context, v viewer) error {
	purchase, payment, err := s.ownPayment(c, v)
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}

	key := form.Get("key")
	if len(key) < minFormKey || len(key) > maxFormKey {
		return errFormKey
	}

	params := checkout.RefundParams{
		Payment: payment.ID, Amount: strings.TrimSpace(form.Get("amount")), Reason: strings.TrimSpace(form.Get("reason")), RequestedBy: users.Actor(v.user.ID),
	}
	if form.Get("by_hand") == "yes" {
		params.ByHand = &checkout.ByHand{By: v.user.DisplayName(), Note: strings.TrimSpace(form.Get("note"))}
	}

	ctx := checkout.FormRequest(v.context(c), "refund of "+payment.ID+" by "+v.user.ID, key)
	_, err = s.service.Refund(ctx, v.merchant.ID, v.mode, params)
	if err != nil {
		return s.purchaseForm(c, v, purchase, payment.ID, openForm{name: formRefund, values: form, err: err})
	}
	return redirect(c, v.path("/payments/"+payment.ID+"?done=refunded"))
}

var errFormKey = &checkout.Error{Kind: checkout.KindInvalid, Code: "form_invalid", Detail: "The form could not be read. Open the page again."}

// decideReview closes the review of a payment.
func (s *Server) decideReview(c echo.Context, v viewer) error {
	purchase, payment, err := s.ownPayment(c, v)
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}

	_, err = s.service.DecideReview(v.context(c), payment, checkout.ReviewDecision{
		Decision: checkout.Decision(form.Get("decision")), Note: strings.TrimSpace(form.Get("note")), By: users.Actor(v.user.ID),
	})
	if err != nil {
		return s.purchaseForm(c, v, purchase, payment.ID, openForm{name: formReview, values: form, err: err})
	}
	return redirect(c, v.path("/payments/"+payment.ID+"?done=decided"))
}

// openForm is a form of the page that is open: with what was typed and what is wrong, if
// it was sent.
type openForm struct {
	name   string
	values url.Values
	err    error
}

// The forms of a purchase's page.
const (
	formRefund = "refund"
	formReview = "review"
)

func (s *Server) extendSession(c echo.Context, v viewer) error {
	return s.withSession(c, v, "extended", func(id string) error {
		_, err := s.service.ExtendSession(v.context(c), id)
		return err
	})
}

func (s *Server) closeSession(c echo.Context, v viewer) error {
	return s.withSession(c, v, "closed", func(id string) error {
		_, err := s.service.ExpireSession(v.context(c), id)
		return err
	})
}

// withSession does something about the session of the path, and returns to its page.
func (s *Server) withSession(c echo.Context, v viewer, done string, do func(sessionID string) error) error {
	purchase, err := s.ownSession(c, v)
	if err != nil {
		return err
	}
	if err := do(purchase.Session.ID); err != nil {
		return err
	}
	return redirect(c, v.path("/sessions/"+purchase.Session.ID+"?done="+done))
}

// resendEvent sends the deliveries of a purchase's event again.
func (s *Server) resendEvent(c echo.Context, v viewer) error {
	return s.withSession(c, v, "resent", func(string) error {
		purchase, err := s.ownSession(c, v)
		if err != nil {
			return err
		}
		story, err := s.store.PurchaseStory(c.Request().Context(), purchase)
		if err != nil {
			return err
		}

		at := slices.IndexFunc(story.Events, func(e checkout.Event) bool { return e.ID == c.Param("event") })
		if at < 0 {
			return checkout.ErrNotFound
		}

		for _, delivery := range story.Deliveries {
			if delivery.EventID != story.Events[at].ID {
				continue
			}
			endpoint, err := s.service.Endpoint(c.Request().Context(), delivery.EndpointID)
			if err != nil {
				return err
			}
			if _, err := s.service.Redeliver(v.context(c), endpoint, delivery.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
