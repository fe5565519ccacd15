package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"regexp"

	"modernc.org/sqlite"
)

// connector opens connections that keep the statements they have prepared: to
// parse a short query takes longer than to run it.
type connector struct{ driver.Connector }

func newConnector(dsn string) (connector, error) {
	opener, err := sqlite.NewConnector(dsn)
	return connector{opener}, err
}

// sqliteConn is what database/sql uses of a connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is one prepared.
type statement struct {
	preparedStatement
	writesSettings bool // see settingsCache
}

type preparedStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := opened.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("%T cannot run statements", opened)
	}
	return &conn{sqliteConn: plain, idle: map[string]statement{}}, nil
}

// conn is a connection, which database/sql lets one caller at a time use.
type conn struct {
	sqliteConn
	idle map[string]statement // prepared and not in use, by text
}

const idleStatements = 256 // of each connection

// onPrepare is called for each statement that is parsed: tests look at its plan.
var onPrepare = func(query string) {}

// onQuery is called for each query that is run: tests count what it reads.
var onQuery = func(query string, args []driver.NamedValue) {}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	defer c.put(query, stmt)
	stmt.note(ctx)
	return stmt.ExecContext(ctx, args)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	onQuery(query, args)
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}

	stmt.note(ctx)
	found, err := stmt.QueryContext(ctx, args)
	if err != nil {
		c.put(query, stmt)
		return nil, err
	}

	return &rows{found, c, query, stmt}, nil
}

// rows give their statement back when they are closed.
type rows struct {
	driver.Rows
	conn  *conn
	query string
	stmt  statement
}

func (r *rows) Close() error {
	err := r.Rows.Close()
	r.conn.put(r.query, r.stmt)
	return err
}

// take gives a statement to one caller: rows that are open have theirs.
func (c *conn) take(ctx context.Context, query string) (statement, error) {
	if stmt, prepared := c.idle[query]; prepared {
		delete(c.idle, query)
		return stmt, nil
	}
	text := plannedOnce(query)
	onPrepare(text)
	stmt, err := c.PrepareContext(ctx, text)
	if err != nil {
		return statement{}, err
	}
	return statement{stmt.(preparedStatement), writesSettings(query)}, nil
}

// note has the cache of settings forget what the statement changes.
func (s statement) note(ctx context.Context) {
	if s.writesSettings {
		noteSettings(ctx)
	}
}

var riversLimit = regexp.MustCompile(`LIMIT (\?[0-9]+)`)

// plannedOnce is a statement of River's that SQLite does not plan again at each use, as it
// does where a LIMIT is a bare argument: to look for jobs cost four times as much by that.
func plannedOnce(query string) string {
	return riversLimit.ReplaceAllString(query, "LIMIT CAST($1 AS BIGINT)")
}

// put keeps a statement in the place of another of its text, or of any when
// there are enough.
func (c *conn) put(query string, stmt statement) {
	c.forget(query)
	for another := range c.idle {
		if len(c.idle) < idleStatements {
			break
		}
		c.forget(another)
	}
	c.idle[query] = stmt
}

func (c *conn) forget(query string) {
	if stmt, kept := c.idle[query]; kept {
		_ = stmt.Close() // returns once more what went wrong when it ran
		delete(c.idle, query)
	}
}

func (c *conn) Close() error {
	for query := range c.idle {
		c.forget(query)
	}
	return c.sqliteConn.Close()
}
