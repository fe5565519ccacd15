package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/handlers/internal/request"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	linesListed = 100
	linePrefix  = "bl_"
	noteLength  = 500 // characters, as the service counts
)

// lineList is a page that lists lines.
type lineList struct {
	status int
	counts map[statements.State]int // of the lines of a statement's days; nil: of all
	view   dashboard.BankLines
}

// linesPage shows a page of an account's lines that a filter and the address select.
// Without a state in the address these are the lines that need somebody, or, with counts
// of the states, all.
func (s *Server) linesPage(c echo.Context, v viewer, account checkout.Account, filter statements.Filter, list lineList) error {
	counts, view := list.counts, list.view
	filter.State = statements.State(c.QueryParam("state"))
	if filter.State != "" && !slices.Contains(statements.States(), filter.State) {
		return checkout.ErrNotFound
	}
	filter.NeedsAttention = filter.State == "" && counts == nil

	var err error
	if filter.After, err = linePosition(c.QueryParam("after")); err != nil {
		return err
	}
	lines, err := s.store.ListBankLines(c.Request().Context(), account, filter, linesListed)
	if err != nil {
		return err
	}

	view.Filters = stateFilters(c, v, filter.State, counts)
	if len(lines) > linesListed {
		lines = lines[:linesListed]
		last := lines[linesListed-1]
		view.Older = withQuery(c, "after", strconv.FormatInt(int64(last.Day), 10)+"."+last.ID)
	}
	for _, line := range lines {
		view.Rows = append(view.Rows, lineView(v, line))
	}
	return render(c, list.status, dashboard.BankLinesPage(view))
}

// withQuery is the address of the page with another value of a query.
func withQuery(c echo.Context, name, value string) string {
	values := url.Values{}
	for _, kept := range []string{"account", "state"} {
		if text := c.QueryParam(kept); text != "" {
			values.Set(kept, text)
		}
	}
	values.Set(name, value)
	if value == "" {
		values.Del(name)
	}
	return c.Request().URL.Path + "?" + values.Encode()
}

func stateFilters(c echo.Context, v viewer, current statements.State, counts map[statements.State]int) []dashboard.Filter {
	first := "statement.attention"
	if counts != nil {
		first = "filter.all"
	}
	filters := []dashboard.Filter{{Text: dashboard.T(v.lang, first), URL: withQuery(c, "state", ""), Current: current == ""}}
	for _, state := range statements.States() {
		text := dashboard.T(v.lang, "statement.state_"+string(state))
		if counts != nil {
			text += " · " + strconv.Itoa(counts[state])
		}
		filters = append(filters, dashboard.Filter{Text: text, URL: withQuery(c, "state", string(state)), Current: current == state})
	}
	return filters
}

// linePosition reads the place in a list of lines that an address names.
func linePosition(text string) (statements.Position, error) {
	if text == "" {
		return statements.Position{}, nil
	}
	number, id, _ := strings.Cut(text, ".")
	day, err := strconv.ParseInt(number, 10, 32)
	if err != nil || request.CheckID(id, linePrefix) != nil {
		return statements.Position{}, checkout.ErrNotFound
	}
	return statements.Position{Day: cambodia.Day(day), ID: id}, nil
}

func lineView(v viewer, line statements.Entry) dashboard.BankLine {
	view := dashboard.BankLine{
		URL: v.path("/statements/lines/" + line.ID), At: lineTime(v.lang, line.Line), Amount: lineAmount(v.lang, line.Line),
		State: dashboard.T(v.lang, "statement.state_"+string(line.State)), Look: lineLook(line),
		Reference: line.Reference, Payer: line.Payer, Text: line.Text, PaymentID: line.Record,
	}
	if line.Record != "" {
		view.PaymentURL = v.path("/payments/" + line.Record)
	}
	return view
}

// lineLook is how the chip of a line's state looks.
func lineLook(line statements.Entry) string {
	switch {
	case line.NeedsAttention:
		return "warn"
	case line.State == statements.Matched:
		return "good"
	}
	return ""
}

func lineTime(lang string, line statements.Line) string {
	if line.At.IsZero() {
		return dashboard.FormatDay(lang, line.Day)
	}
	return templates.FormatTime(lang, line.At)
}

func lineAmount(lang string, line statements.Line) string {
	text := templates.FormatAmount(lang, string(line.Amount.Currency), line.Amount.Minor)
	if line.Out {
		return "−" + text
	}
	return text
}

// ownLine loads the line of the path, if it is of the viewer's merchant and mode.
func (s *Server) ownLine(c echo.Context, v viewer) (statements.Entry, error) {
	id, err := request.PathID(c, "line", linePrefix)
	if err != nil {
		return statements.Entry{}, err
	}
	return s.store.BankLine(c.Request().Context(), v.merchant.ID, v.mode, id)
}

func (s *Server) showBankLine(c echo.Context, v viewer) error {
	line, err := s.ownLine(c, v)
	if err != nil {
		return err
	}
	return s.bankLinePage(c, v, line, url.Values{}, nil)
}

// explainBankLine stores what the viewer says about a line. It settles nothing.
func (s *Server) explainBankLine(c echo.Context, v viewer) error {
	line, err := s.ownLine(c, v)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}

	err = s.statements.Explain(v.context(c), line, values.Get("payment"), strings.TrimSpace(values.Get("note")))
	if err != nil {
		return s.bankLinePage(c, v, line, values, err)
	}
	return redirect(c, v.path("/statements/lines?done=line_explained&account="+url.QueryEscape(line.AccountID)))
}

// bankLinePage shows a line, with the form to explain it where it needs attention.
func (s *Server) bankLinePage(c echo.Context, v viewer, line statements.Entry, values url.Values, wrong error) error {
	ctx := c.Request().Context()
	view := dashboard.BankLinePage{
		Page: s.titled(c, v, "statements", "statement.line"), BankLine: lineView(v, line),
		Hash: line.Hash, Balance: line.Balance, Note: line.Decision.Note, BackURL: v.path("/statements/lines?account=" + url.QueryEscape(line.AccountID)),
	}
	if line.How != "" {
		view.How = dashboard.T(v.lang, "statement.how_"+string(line.How))
	}
	if !line.Decision.At.IsZero() {
		view.DecidedBy, view.DecidedAt = s.actorName(c, line.Decision.By), templates.FormatTime(v.lang, line.Decision.At)
	}

	status := http.StatusOK
	if line.NeedsAttention && line.Decision.At.IsZero() {
		proposals, err := s.proposals(ctx, v, line)
		if err != nil {
			return err
		}
		form := explainForm(v, proposals, values)
		form.Action = v.path("/statements/lines/" + line.ID)
		if wrong != nil {
			if status, err = refused(&form, wrong); err != nil {
				return err
			}
		}
		view.Proposals, view.Form = proposals, &form
	} else if wrong != nil {
		return wrong
	}
	return render(c, status, dashboard.OneBankLinePage(view))
}

// proposals are the payments that a line may be of.
func (s *Server) proposals(ctx context.Context, v viewer, line statements.Entry) (proposals []dashboard.Proposal, err error) {
	for _, id := range line.Proposals {
		payment, err := s.store.Payment(ctx, id)
		if errors.Is(err, checkout.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}

		at := payment.RecordedAt
		if payment.Proof != nil && !payment.Proof.PaidAt.IsZero() {
			at = payment.Proof.PaidAt
		}
		proposals = append(proposals, dashboard.Proposal{
			ID: id, URL: v.path("/payments/" + id), At: templates.FormatTime(v.lang, at),
			Amount: templates.FormatAmount(v.lang, string(payment.Amount.Currency), payment.Amount.Minor), Reference: payment.Reference,
		})
	}
	return proposals, nil
}

func explainForm(v viewer, proposals []dashboard.Proposal, values url.Values) dashboard.Form {
	payments := []dashboard.Option{{Text: dashboard.T(v.lang, "statement.no_payment")}}
	for _, p := range proposals {
		payments = append(payments, dashboard.Option{Value: p.ID, Text: p.Amount + " · " + p.At + " · " + p.Reference})
	}
	return dashboard.Form{
		Submit: dashboard.T(v.lang, "statement.explain"),
		Fields: []dashboard.Field{
			{Name: "payment", Label: dashboard.T(v.lang, "statement.payment"), Kind: dashboard.FieldSelect, Options: payments, Value: values.Get("payment")},
			{Name: "note", Label: dashboard.T(v.lang, "statement.note"), Required: true, MaxLength: noteLength, Value: values.Get("note"), Hint: dashboard.T(v.lang, "statement.note.hint")},
		},
	}
}
