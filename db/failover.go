package db

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How long a server may be silent. A server that has gone, or a network that passes
// nothing, does not say so.
const (
	connectTimeout = 3 * time.Second // to each of the servers of a URL, unless it sets another
	replyMargin    = 3 * time.Second // beyond the time-out of a statement
)

// boundReplies has connections end when an answer takes longer than reply.
func boundReplies(config *pgx.ConnConfig, reply time.Duration) {
	if reply == 0 {
		return
	}

	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &boundConn{Conn: conn, reply: reply}, nil
	}
}

// boundConn bounds how long a read waits, where nobody has set another deadline.
type boundConn struct {
	net.Conn
	reply time.Duration

	mu  sync.Mutex
	set bool // another deadline is set
}

// SetDeadline sets a deadline that takes the place of ours; the zero time ends it.
func (c *boundConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = !t.IsZero()
	return c.Conn.SetDeadline(t)
}

func (c *boundConn) Read(p []byte) (int, error) {
	if err := c.bound(); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *boundConn) bound() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set {
		return nil
	}
	return c.Conn.SetReadDeadline(time.Now().Add(c.reply))
}

// isReadOnly reports whether a server refused a change because it is, or has become,
// a standby.
func isReadOnly(err error) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.Code == "25006"
}

// dropIdle closes the connections that nothing uses, after one turned out to be to a
// server that takes no writes any more: the next ones are made to one that does.
func (s *Store) dropIdle() {
	for pool, connections := range map[*sql.DB]int{s.read: readers, s.lists: listReaders, s.write: postgresWriters} {
		pool.SetMaxIdleConns(0)
		pool.SetMaxIdleConns(connections)
	}
	s.jobPool.Reset()
}
