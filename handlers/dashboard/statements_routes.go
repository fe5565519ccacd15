package dashboard

import (
	"context"
	"net/http"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
)

const uploadRoute = "/statements/uploads"

func (s *Server) statementRoutes() []route {
	return []route{
		{http.MethodGet, "/statements", users.Reconcile, false, s.listStatements},
		{http.MethodPost, uploadRoute, users.Reconcile, false, s.uploadStatement},
		{http.MethodGet, uploadRoute + "/:upload", users.Reconcile, false, s.showUpload},
		{http.MethodPost, uploadRoute + "/:upload/columns", users.Reconcile, false, s.saveColumns},
		{http.MethodPost, uploadRoute + "/:upload/import", users.Reconcile, false, s.importUpload},
		{http.MethodGet, uploadRoute + "/:upload/progress", users.Reconcile, false, s.showProgress},
		{http.MethodGet, "/statements/lines", users.Reconcile, false, s.listDifferences},
		{http.MethodGet, "/statements/lines/:line", users.Reconcile, false, s.showBankLine},
		{http.MethodPost, "/statements/lines/:line", users.Reconcile, false, s.explainBankLine},
		{http.MethodGet, "/statements/:statement", users.Reconcile, false, s.showStatement},
		{http.MethodPost, "/statements/:statement/withdraw", users.Reconcile, false, s.withdrawStatement},
	}
}

// statementStore has banks' statements.
type statementStore interface {
	statements.Store

	BankStatements(ctx context.Context, accountID string, limit int) ([]statements.Imported, error)
	BankStatement(ctx context.Context, merchantID string, mode checkout.Mode, id string) (statements.Imported, error)
	BankUpload(ctx context.Context, merchantID string, mode checkout.Mode, id string) (statements.Upload, error)
	BankLine(ctx context.Context, merchantID string, mode checkout.Mode, id string) (statements.Entry, error)
	ListBankLines(ctx context.Context, account checkout.Account, filter statements.Filter, limit int) ([]statements.Entry, error)
	CountBankLinesByState(ctx context.Context, accountID string, from, to cambodia.Day) (map[statements.State]int, error)

	// BankDifferences counts the lines that need attention, by account, up to a limit.
	BankDifferences(ctx context.Context, merchantID string, mode checkout.Mode, limit int) (map[string]int, error)
}
