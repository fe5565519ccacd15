package db

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps queries prepared: reading a purchase costs more to parse
// than to run.
type statements struct {
	db     *sql.DB
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt, ok := s.byText[query]; ok {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[query] = stmt
	return stmt, nil
}

// preparedTx is a read transaction that runs prepared queries.
type preparedTx struct {
	tx         *sql.Tx
	statements *statements
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.statements.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	stmt, err := p.statements.get(ctx, query)
	if err != nil {
		return p.tx.QueryRowContext(ctx, query, args...) // brings the same error with the row
	}
	return p.tx.StmtContext(ctx, stmt).QueryRowContext(ctx, args...)
}
