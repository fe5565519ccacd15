package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

func (v viewer) money(m checkout.Money) string {
	return templates.FormatAmount(v.lang, string(m.Currency), m.Minor)
}

// sessionView is what is known of a purchase, with what the viewer may do about it.
func (s *Server) sessionView(v viewer, p checkout.Purchase) dashboard.Session {
	session := p.Session
	view := dashboard.Session{
		ID: session.ID, State: dashboard.T(v.lang, "session."+string(session.Status)), Amount: v.money(session.Amount), Description: session.Description,
		CreatedAt: secondText(session.CreatedAt), ExpiresAt: secondText(session.ExpiresAt), ClosedAt: secondText(session.ClosedAt),
		Name: session.Customer.Name, Email: session.Customer.Email, Phone: session.Customer.Phone, CustomerID: session.Customer.ID, LinkID: session.LinkID,
		PageURL: s.service.SessionURL(session.ID),
	}
	if s.receiptURL != nil && session.Status == checkout.SessionComplete {
		view.ReceiptURL = s.receiptURL(session.ID)
	}

	for _, claim := range session.KeptClaims {
		view.Claims = append(view.Claims, dashboard.Claim{Text: claim.Text, KeptAt: secondText(claim.KeptAt), NextAt: secondText(claim.NextAt)})
	}

	if v.may(users.ManageSessions) && p.Open(s.now()) {
		view.CloseURL = v.path("/sessions/" + session.ID + "/close")
		if p.Extendable(s.now()) {
			view.ExtendURL = v.path("/sessions/" + session.ID + "/extend")
		}
	}

	return view
}

// paymentView is what is known of a payment.
func (s *Server) paymentView(v viewer, p checkout.Payment) dashboard.Payment {
	view := dashboard.Payment{
		ID: p.ID, State: stateView(v.lang, p), Amount: v.money(p.Amount), Method: s.methodName(p.Provider, p.Method), Reference: p.Reference, ProviderID: p.ProviderID,
		Failure: joinTexts(p.FailureCode, p.FailureMessage), Queries: strconv.Itoa(p.CheckCount), QueriedAt: secondText(p.CheckedAt), NextQueryAt: secondText(p.NextCheckAt),
	}
	if !p.Status.Closed() || p.Status == checkout.PaymentSucceeded {
		view.Failure = ""
	}
	if p.Proof != nil {
		view.Received, view.Transaction = v.money(p.Proof.Amount), p.Proof.TransactionID
	}
	if p.Rate != "" {
		view.Rate = templates.FormatRate(v.lang, string(p.Rate))
	}
	if p.Refunded > 0 {
		view.Refunded = v.money(checkout.Money{Minor: p.Refunded, Currency: p.Refundable().Currency})
	}
	if v.may(users.ManageSessions) && p.IsWatched() {
		view.QueryURL = v.path("/payments/" + p.ID + "/check")
	}
	return view
}

// story lists what happened, in the order of time.
func (s *Server) story(v viewer, p checkout.Purchase, found checkout.PurchaseStory) []dashboard.Step {
	t := teller{server: s, v: v}
	t.add(p.Session.CreatedAt, "session", "amount", v.money(p.Session.Amount))
	for _, payment := range p.Payments {
		t.payment(payment)
	}
	for _, refund := range p.Refunds {
		t.refund(refund)
	}
	for _, event := range found.Events {
		t.event(event, found.Deliveries)
	}
	if p.Session.Status != checkout.SessionOpen {
		t.add(p.Session.ClosedAt, "session_"+string(p.Session.Status))
	}

	slices.SortStableFunc(t.steps, func(a, b datedStep) int { return a.at.Compare(b.at) })
	steps := make([]dashboard.Step, len(t.steps))
	for i, step := range t.steps {
		steps[i] = step.Step
	}
	return steps
}

type datedStep struct {
	dashboard.Step
	at time.Time
}

// teller puts the story of a purchase together.
type teller struct {
	server *Server
	v      viewer
	steps  []datedStep
}

// add adds a step "story.<what>", if it has happened.
func (t *teller) add(at time.Time, what string, args ...string) *dashboard.Step {
	if at.IsZero() {
		return &dashboard.Step{}
	}
	t.steps = append(t.steps, datedStep{dashboard.Step{At: secondText(at), Text: dashboard.T(t.v.lang, "story."+what, args...)}, at})
	return &t.steps[len(t.steps)-1].Step
}

func (t *teller) payment(p checkout.Payment) {
	method := t.server.methodName(p.Provider, p.Method)
	started := t.add(p.CreatedAt, "started", "method", method)
	started.Code, started.CodeURL = p.ID, t.v.path("/payments/"+p.ID)
	t.add(p.ReportedPaidAt, "reported")
	t.add(p.ReopenedAt, "notice")
	if p.CheckCount > 0 {
		t.add(p.CheckedAt, "queried", "count", strconv.Itoa(p.CheckCount))
	}

	if proof := p.Proof; proof != nil {
		step := t.add(proof.SeenAt, "proof", "amount", t.v.money(proof.Amount), "source", dashboard.T(t.v.lang, "source."+string(proof.Source)))
		step.Code, step.Note, step.Raw = proof.TransactionID, joinTexts(proof.Payee, secondText(proof.PaidAt)), indented(proof.Raw)
	}

	if p.Status != checkout.PaymentSucceeded {
		t.add(p.ClosedAt, "ended", "state", dashboard.T(t.v.lang, "state."+string(p.Status))).Note = joinTexts(p.FailureCode, p.FailureMessage)
	}

	if p.Decision != nil {
		t.add(p.Decision.At, "decided", "decision", dashboard.T(t.v.lang, "review."+string(p.Decision.Decision))).Note = p.Decision.Note
	}
}

func (t *teller) refund(r checkout.Refund) {
	what := "refund"
	if r.ByHand != nil {
		what = "refund_by_hand"
	}
	step := t.add(r.CreatedAt, what, "amount", t.v.money(r.Amount))
	step.Code, step.Note = r.ID, r.Reason
	if r.ByHand != nil {
		return
	}

	ended := t.add(r.ClosedAt, "refund_"+string(r.Status), "amount", t.v.money(r.Amount))
	ended.Code, ended.Note, ended.Raw = r.TransactionID, r.FailureCode, indented(r.Raw)
}

// event describes an event and where it was delivered to.
func (t *teller) event(e checkout.Event, deliveries []checkout.DeliveryRecord) {
	step := t.add(e.CreatedAt, "event", "type", string(e.Type))
	step.Code, step.Raw = e.ID, indented(e.Body)
	for _, d := range deliveries {
		if d.EventID != e.ID {
			continue
		}
		row := deliveryRow(t.v.path("/webhooks/"+d.EndpointID), d)
		if !t.v.may(users.ViewWebhooks) {
			row.URL = ""
		}
		shown := dashboard.StoryDelivery{DeliveryRow: row, ID: d.ID}
		for _, attempt := range d.Attempts {
			shown.Answers = append(shown.Answers, dashboard.Attempt{
				At: secondText(attempt.At), Status: attempt.Status, Took: attempt.Took.Round(time.Millisecond).String(),
				Answer: attempt.Answer, Error: attempt.Error, Delivered: attempt.Delivered,
			})
		}
		step.Deliveries = append(step.Deliveries, shown)
	}
	if len(step.Deliveries) > 0 && t.v.may(users.ManageSessions) {
		step.ResendURL = t.v.path("/sessions/" + e.SessionID + "/events/" + e.ID + "/resend")
	}
}

// auditRows are who did what, with the names of users.
func (s *Server) auditRows(c echo.Context, v viewer, entries []checkout.AuditEntry) (rows []dashboard.AuditRow) {
	names := map[string]string{}
	for _, entry := range entries {
		name, ok := names[entry.Actor]
		if id, is := strings.CutPrefix(entry.Actor, users.Actor("")); is && !ok {
			user, err := s.store.User(c.Request().Context(), id)
			if err == nil {
				name = user.DisplayName()
			}
			names[entry.Actor] = name
		}

		detail := string(entry.Detail)
		if detail == "{}" {
			detail = ""
		}
		rows = append(rows, dashboard.AuditRow{At: secondText(entry.At), Who: cmp.Or(name, entry.Actor), What: entry.Action, Object: entry.Object, Detail: detail})
	}
	return rows
}
