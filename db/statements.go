package db

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps queries prepared: reading a purchase costs more to parse
// than to run.
type statements struct {
	db        *sql.DB
	mu        sync.Mutex
	byText    map[string]*sql.Stmt // nil while it is being prepared
	preparing sync.WaitGroup
}

// get is a prepared query; nil at first, when it begins to be prepared. To
// prepare it takes a connection of the pool, for which nobody must wait who
// holds one: all that there are could wait for each other.
func (s *statements) get(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, begun := s.byText[query]
	if !begun {
		s.keep(query, nil)
		s.preparing.Go(func() { s.prepare(query) })
	}
	return stmt
}

func (s *statements) prepare(query string) {
	stmt, err := s.db.Prepare(query)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.byText, query)
		return
	}
	s.keep(query, stmt)
}

func (s *statements) keep(query string, stmt *sql.Stmt) {
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[query] = stmt
}

// preparedTx is a read transaction that runs prepared queries.
type preparedTx struct {
	tx         *sql.Tx
	statements *statements
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt := p.statements.get(query)
	if stmt == nil {
		return p.tx.QueryContext(ctx, query, args...)
	}
	return p.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	stmt := p.statements.get(query)
	if stmt == nil {
		return p.tx.QueryRowContext(ctx, query, args...)
	}
	return p.tx.StmtContext(ctx, stmt).QueryRowContext(ctx, args...)
}
