package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	countedAtMost = 1000                // reviews, and refunds
	refundsWithin = 14 * 24 * time.Hour // since they were made, in which troubled ones are shown
)

// attention lists what needs somebody: money first, then records that differ, then what is
// set up wrongly.
func (s *Server) attention(ctx context.Context, v viewer) (items []dashboard.Attention, err error) {
	for _, part := range []func(context.Context, viewer) ([]dashboard.Attention, error){
		s.paymentAttention, s.recordsAttention, s.setupAttention,
	} {
		more, err := part(ctx, v)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// paymentAttention lists payments under review and refunds in trouble.
func (s *Server) paymentAttention(ctx context.Context, v viewer) (items []dashboard.Attention, err error) {
	reviews, err := s.store.OpenReviews(ctx, v.merchant.ID, v.mode, countedAtMost)
	if err != nil {
		return nil, err
	}

	for _, review := range []checkout.Review{
		checkout.ReviewLate, checkout.ReviewDuplicate, checkout.ReviewMismatch, checkout.ReviewClaimed, checkout.ReviewContested, checkout.ReviewUnknown,
	} {
		if count := reviews[review]; count > 0 {
			items = append(items, counted(v, "review_"+string(review), count, v.path("/payments?review=1"), true))
		}
	}

	failed, unresolved, err := s.store.TroubledRefunds(ctx, v.merchant.ID, v.mode, s.now().Add(-refundsWithin), countedAtMost)
	if err != nil {
		return nil, err
	}

	refunds := v.path(troubledRefundsPath)
	if failed > 0 {
		items = append(items, counted(v, "refunds_failed", failed, refunds, true))
	}
	if unresolved > 0 {
		items = append(items, counted(v, "refunds_unresolved", unresolved, refunds, true))
	}
	return items, nil
}

// recordsAttention lists what differs from banks' and providers' records.
func (s *Server) recordsAttention(ctx context.Context, v viewer) (items []dashboard.Attention, err error) {
	differences, err := s.store.BankDifferences(ctx, v.merchant.ID, v.mode, countedAtMost)
	if err != nil {
		return nil, err
	}
	lines := 0
	for _, count := range differences {
		lines += count
	}
	if lines > 0 {
		items = append(items, counted(v, "statements_differ", lines, v.pathFor(users.Reconcile, "/statements"), false))
	}

	days, _, err := s.store.OpenReports(ctx, v.merchant.ID, v.mode, time.Time{})
	if err != nil {
		return nil, err
	}
	if days > 0 {
		items = append(items, counted(v, "records_differ", days, v.pathFor(users.Reconcile, "/records"), true))
	}
	return items, nil
}

// setupAttention lists webhooks that fail, invitations that were refused, a rate that cannot
// be used, and accounts in trouble.
func (s *Server) setupAttention(ctx context.Context, v viewer) (items []dashboard.Attention, err error) {
	endpoints, err := s.store.FailingEndpoints(ctx, v.merchant.ID, v.mode)
	if err != nil {
		return nil, err
	}
	if endpoints > 0 {
		items = append(items, counted(v, "webhooks_failing", endpoints, v.pathFor(users.ViewWebhooks, "/webhooks"), false))
	}

	if v.may(users.ManageTeam) {
		refused, err := s.refusedInvitations(ctx, v.merchant.ID)
		if err != nil {
			return nil, err
		}
		if refused > 0 {
			items = append(items, counted(v, "invitations_refused", refused, v.path("/team"), false))
		}
	}

	rate, _, err := s.service.RateTrouble(ctx, v.merchant.ID, v.mode)
	if err != nil {
		return nil, err
	}
	if rate != checkout.RateFine {
		items = append(items, dashboard.Attention{ID: "attention-rate", Text: dashboard.T(v.lang, "attention.rate_"+string(rate)), URL: v.pathFor(users.ViewSettings, ratesRoute)})
	}

	troubles, err := s.service.AccountTroubles(ctx, v.merchant.ID, v.mode)
	for _, trouble := range troubles {
		items = append(items, s.troubleView(v, trouble))
	}
	return items, err
}

// refusedInvitations counts the open invitations whose e-mail the mail server refused.
func (s *Server) refusedInvitations(ctx context.Context, merchantID string) (count int, err error) {
	mails, err := s.notices.InvitationMails(ctx, merchantID)
	for _, mail := range mails {
		if mail.State() == notices.MailRefused {
			count++
		}
	}
	return count, err
}

const troubledRefundsPath = "/troubled-refunds"

// showTroubledRefunds lists the refunds that failed of late, or of which nobody knows what
// became.
func (s *Server) showTroubledRefunds(c echo.Context, v viewer) error {
	refunds, err := s.store.ListTroubledRefunds(c.Request().Context(), v.merchant.ID, v.mode, s.now().Add(-refundsWithin), countedAtMost)
	if err != nil {
		return err
	}

	view := dashboard.TroubledRefunds{Page: s.page(c, v, "today"), TodayURL: v.path("")}
	view.Title = dashboard.T(v.lang, "refunds.troubled")
	for _, r := range refunds {
		view.Rows = append(view.Rows, dashboard.TroubledRefund{
			At: templates.FormatTime(v.lang, r.CreatedAt), ID: r.ID, PaymentID: r.PaymentID, PaymentURL: v.path("/payments/" + r.PaymentID),
			Amount: templates.FormatAmount(v.lang, string(r.Amount.Currency), r.Amount.Minor), Reason: r.Reason, Failed: r.Status == checkout.RefundFailed,
		})
	}
	return render(c, http.StatusOK, dashboard.TroubledRefundsPage(view))
}

// pathFor is the address of a page, or empty when the viewer lacks the right to it.
func (v viewer) pathFor(right users.Right, page string) string {
	if !v.may(right) {
		return ""
	}
	return v.path(page)
}

func counted(v viewer, what string, count int, address string, bad bool) dashboard.Attention {
	key, text := "attention."+what, strconv.Itoa(count)
	if count == 1 {
		key += "_one"
	}
	if count >= countedAtMost {
		text += "+"
	}
	return dashboard.Attention{ID: "attention-" + what, Text: dashboard.T(v.lang, key, "count", text), URL: address, Bad: bad}
}

func (s *Server) troubleView(v viewer, trouble checkout.AccountTrouble) dashboard.Attention {
	when := ""
	if !trouble.Until.IsZero() {
		when = templates.FormatUntil(v.lang, trouble.Until, s.now())
	}

	account := trouble.Account
	return dashboard.Attention{
		ID: "attention-" + account.Provider + "-" + string(trouble.Kind), URL: v.pathFor(users.ViewSettings, "/settings"), Bad: trouble.Kind == checkout.TroubleDown,
		Text: dashboard.T(v.lang, "attention.account_"+string(trouble.Kind),
			"provider", s.service.ProviderInfo(account.Provider).Name, "when", when, "left", strconv.Itoa(trouble.Left)),
	}
}
