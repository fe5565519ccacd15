package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const statementsListed = 50 // of each account

// ownAccounts are the accounts of the viewer's merchant and mode, by provider.
func (s *Server) ownAccounts(c echo.Context, v viewer) ([]checkout.Account, error) {
	accounts, err := s.store.Accounts(c.Request().Context(), v.merchant.ID, v.mode)
	slices.SortFunc(accounts, func(a, b checkout.Account) int { return strings.Compare(a.Provider, b.Provider) })
	return accounts, err
}

// ownAccount is the one that an id or a provider's name means.
func (s *Server) ownAccount(c echo.Context, v viewer, name string) (checkout.Account, error) {
	accounts, err := s.ownAccounts(c, v)
	if err != nil {
		return checkout.Account{}, err
	}
	account, err := statements.FindAccount(accounts, name)
	if err != nil {
		return account, checkout.ErrNotFound
	}
	return account, nil
}

func (s *Server) listStatements(c echo.Context, v viewer) error {
	return s.statementsPage(c, v, http.StatusOK, "")
}

// statementsPage lists what was imported, with the form of an upload and why it was
// refused, if it was.
func (s *Server) statementsPage(c echo.Context, v viewer, status int, problem string) error {
	ctx := c.Request().Context()
	accounts, err := s.ownAccounts(c, v)
	if err != nil {
		return err
	}
	differences, err := s.store.BankDifferences(ctx, v.merchant.ID, v.mode, countedAtMost)
	if err != nil {
		return err
	}

	view := dashboard.Statements{Page: s.page(c, v, "statements"), UploadURL: v.path(uploadRoute), Problem: problem}
	setDone(c, &view.Page, "statement_withdrawn")
	names := map[string]string{}
	var imported []statements.Imported
	for _, account := range accounts {
		name := s.service.ProviderInfo(account.Provider).Name
		names[account.ID] = name
		view.Accounts = append(view.Accounts, dashboard.StatementAccount{
			ID: account.ID, Name: name, Chosen: account.ID == c.QueryParam("account"),
			Differences: strconv.Itoa(differences[account.ID]), URL: v.path("/statements/lines?account=" + url.QueryEscape(account.ID)),
		})

		of, err := s.store.BankStatements(ctx, account.ID, statementsListed)
		if err != nil {
			return err
		}
		imported = append(imported, of...)
	}

	slices.SortStableFunc(imported, func(a, b statements.Imported) int { return b.At.Compare(a.At) })
	for _, one := range imported {
		view.Rows = append(view.Rows, s.statementView(c, v, names[one.AccountID], one))
	}
	return render(c, status, dashboard.StatementsPage(view))
}

func (s *Server) statementView(c echo.Context, v viewer, account string, one statements.Imported) dashboard.Statement {
	return dashboard.Statement{
		URL: v.path("/statements/" + one.ID), Account: account, File: one.Name, Format: string(one.Format),
		At: templates.FormatTime(v.lang, one.At), By: s.actorName(c, one.By), Days: daysText(v.lang, one.First, one.Last),
		Lines: strconv.Itoa(one.Lines), Added: strconv.Itoa(one.Added), Bad: strconv.Itoa(one.Bad), AnyBad: one.Bad > 0,
	}
}

func daysText(lang string, first, last cambodia.Day) string {
	if first == last {
		return dashboard.FormatShortDay(lang, first)
	}
	return dashboard.FormatShortDay(lang, first) + " – " + dashboard.FormatShortDay(lang, last)
}

// actorName is who an actor of the audit trail is: a user's name, or the actor itself.
func (s *Server) actorName(c echo.Context, actor string) string {
	id, is := strings.CutPrefix(actor, users.Actor(""))
	if !is {
		return actor
	}
	user, err := s.store.User(c.Request().Context(), id)
	if err != nil {
		return actor
	}
	return cmp.Or(user.DisplayName(), actor)
}

// ownStatement loads the statement of the path, if it is of the viewer's merchant and mode.
func (s *Server) ownStatement(c echo.Context, v viewer) (statements.Imported, error) {
	id, err := request.PathID(c, "statement", "bs_")
	if err != nil {
		return statements.Imported{}, err
	}
	return s.store.BankStatement(c.Request().Context(), v.merchant.ID, v.mode, id)
}

func (s *Server) showStatement(c echo.Context, v viewer) error {
	statement, err := s.ownStatement(c, v)
	if err != nil {
		return err
	}
	return s.statementPage(c, v, statement, url.Values{}, nil)
}

// withdrawStatement deletes a statement that should not have been imported, also when the
// browser has gone.
func (s *Server) withdrawStatement(c echo.Context, v viewer) error {
	statement, err := s.ownStatement(c, v)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}

	if err := extendTime(c, importTime); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.context(c)), importTime)
	defer cancel()
	if err := s.statements.Withdraw(ctx, statement, strings.TrimSpace(values.Get("note"))); err != nil {
		return s.statementPage(c, v, statement, values, err)
	}
	return redirect(c, v.path("/statements?done=statement_withdrawn"))
}

// statementPage shows a statement with the lines of its days, all or those in a state, and
// the form to withdraw it.
func (s *Server) statementPage(c echo.Context, v viewer, statement statements.Imported, values url.Values, wrong error) error {
	account, err := s.ownAccount(c, v, statement.AccountID)
	if err != nil {
		return err
	}
	counts, err := s.store.CountBankLinesByState(c.Request().Context(), account.ID, statement.First, statement.Last)
	if err != nil {
		return err
	}

	form := dashboard.Form{
		Action: v.path("/statements/" + statement.ID + "/withdraw"), Submit: dashboard.T(v.lang, "statement.withdraw"),
		Fields: []dashboard.Field{{Name: "note", Label: dashboard.T(v.lang, "statement.note"), Required: true, MaxLength: noteLength, Value: values.Get("note"), Hint: dashboard.T(v.lang, "statement.withdraw.note")}},
	}
	status := http.StatusOK
	if wrong != nil {
		if status, err = refused(&form, wrong); err != nil {
			return err
		}
	}

	row := s.statementView(c, v, s.service.ProviderInfo(account.Provider).Name, statement)
	view := dashboard.BankLines{
		Page: s.titled(c, v, "statements", "statement.title"), Statement: &row, Withdraw: &form, Refused: wrong != nil, BackURL: v.path("/statements"),
	}
	setDone(c, &view.Page, "statement_imported")
	filter := statements.Filter{From: statement.First, To: statement.Last}
	return s.linesPage(c, v, account, filter, lineList{status: status, counts: counts, view: view})
}

// listDifferences lists the lines of an account that need somebody, or those in a state.
func (s *Server) listDifferences(c echo.Context, v viewer) error {
	account, err := s.ownAccount(c, v, c.QueryParam("account"))
	if err != nil {
		return err
	}

	view := dashboard.BankLines{Page: s.titled(c, v, "statements", "statement.lines"), Lead: s.service.ProviderInfo(account.Provider).Name, BackURL: v.path("/statements")}
	setDone(c, &view.Page, "line_explained")
	return s.linesPage(c, v, account, statements.Filter{}, lineList{status: http.StatusOK, view: view})
}
