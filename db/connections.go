package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// bound is a setting of PostgreSQL that bounds what a statement may take.
type bound struct{ name, milliseconds string }

// bounds are those of all statements. The URL may set others.
var bounds = []bound{{"statement_timeout", "15000"}, {"lock_timeout", "10000"}}

// connections is how a PostgreSQL database is connected to.
type connections struct {
	config *pgx.ConnConfig
	pooled bool          // a pooler is between
	begin  string        // the first statements of a transaction; may be empty
	reply  time.Duration // after which a server that does not answer has gone; 0: none
	making chan struct{} // holds one for each connection that is being made

	connector func(pgx.ConnConfig) driver.Connector // makes them; see Options
}

// connectsAtOnce is how many connections a store makes at a time: a server that has
// just taken over would be kept from its work by all that its replicas want at once.
const connectsAtOnce = 4

// connections is how the options' PostgreSQL database is connected to.
func (o Options) connections(ctx context.Context, bounds []bound) (connections, error) {
	c, err := postgresConnections(ctx, o.URL, bounds)
	if o.Connector != nil {
		c.connector = o.Connector
	}
	return c, err
}

// postgresConnections reads a postgres URL. With a pooler before the server, a
// connection has no bounds of its own, which the pooler may refuse, but each
// transaction gets them; and there are no prepared statements.
func postgresConnections(ctx context.Context, address string, bounds []bound) (c connections, err error) {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return c, errors.New("the database's URL must begin with postgres://")
	}
	if c.config, err = pgx.ParseConfig(address); err != nil {
		return c, fmt.Errorf("read the database's URL: %w", err)
	}
	c.making = make(chan struct{}, connectsAtOnce)
	c.connector = func(config pgx.ConnConfig) driver.Connector { return stdlib.GetConnector(config) }

	c.config.ConnectTimeout = cmp.Or(c.config.ConnectTimeout, connectTimeout)
	params := c.config.RuntimeParams
	wanted := slices.Clone(bounds)
	for i, bound := range wanted {
		wanted[i].milliseconds = cmp.Or(params[bound.name], bound.milliseconds)
		delete(params, bound.name)
	}
	params["timezone"] = "UTC"
	params["application_name"] = cmp.Or(params["application_name"], "rieltime")

	if c.pooled, err = behindPooler(ctx, *c.config); err != nil {
		return c, fmt.Errorf("connect to the database: %w", err)
	}
	if c.pooled && c.config.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		c.config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}

	for _, bound := range wanted {
		if milliseconds, err := strconv.Atoi(bound.milliseconds); err == nil && bound.name == "statement_timeout" && milliseconds > 0 {
			c.reply = time.Duration(milliseconds)*time.Millisecond + replyMargin
		}
		if c.pooled {
			c.begin += "SET LOCAL " + bound.name + " = '" + strings.ReplaceAll(bound.milliseconds, "'", "''") + "';"
		} else {
			params[bound.name] = bound.milliseconds
		}
	}
	return c, nil
}

// behindPooler reports whether a URL leads to a pooler such as pgbouncer, which may
// give each transaction another of the server's connections: a prepared statement,
// LISTEN, an advisory lock and a setting then last no longer than a transaction.
//
// It is recognised by the number of the connection's process, which is the pooler's
// own, or declared by the URL's default_query_exec_mode.
func behindPooler(ctx context.Context, config pgx.ConnConfig) (pooled bool, err error) {
	if config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return true, nil
	}

	address := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if known, ok := poolers.Load(address); ok {
		return known.(bool), nil
	}

	conn, err := pgx.ConnectConfig(ctx, &config)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()

	var process uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&process); err != nil {
		return false, err
	}

	pooled = process != conn.PgConn().PID()
	poolers.Store(address, pooled)
	return pooled, nil
}

// poolers holds whether there is a pooler at an address: opening a store looks several
// times, and a connection of its own for each look costs more than the look.
var poolers sync.Map

// queryTracer is called for each statement that PostgreSQL is given: tests look at its plan.
var queryTracer pgx.QueryTracer

// open opens a pool of so many connections at most.
func (c connections) open(most int) *sql.DB {
	pool := sql.OpenDB(limitedConnector{c.connector(*c.bounded()), c.making, c.config.ConnectTimeout})
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	return pool
}

// limitedConnector makes no more connections at a time than there is room for. Beside
// a server that is silent, whoever waits for room gives up: those that come after would
// wait for all before them.
type limitedConnector struct {
	driver.Connector
	making chan struct{}
	wait   time.Duration
}

func (c limitedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	timeout := time.NewTimer(c.wait)
	defer timeout.Stop()

	select {
	case c.making <- struct{}{}:
	case <-timeout.C:
		return nil, fmt.Errorf("wait for other connections to be made: %w", os.ErrDeadlineExceeded)
	case <-ctx.Done():
		return nil, ctx.Err()
	}

	defer func() { <-c.making }()
	return c.Connector.Connect(ctx)
}

// openForJobs opens the pool of the job queue. A crash of the server may undo what it
// committed last, since its rows only remind; so no commit waits for a disk or a standby.
func (c connections) openForJobs(most int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(c.config.ConnString())
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}

	config.ConnConfig, config.MaxConns = c.bounded(), most
	if !c.pooled {
		config.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	}
	return pgxpool.NewWithConfig(context.Background(), config)
}

// bounded returns the configuration of a connection whose replies are bounded.
func (c connections) bounded() *pgx.ConnConfig {
	config := c.config.Copy()
	config.Tracer = queryTracer
	boundReplies(config, c.reply)
	return config
}
