package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// ConnectionsPerReplica is how many connections one running server opens to
// PostgreSQL at most.
const ConnectionsPerReplica = readers + listReaders + postgresWriters + jobConnections + 2 // with those that hold servingLock and listen

// OldestServer is the oldest major version of PostgreSQL that the tests run on.
const OldestServer = 15

// Server is what a PostgreSQL server says of itself.
type Server struct {
	Version   int // major
	Encoding  string
	Collation string // of the database
	TimeZone  string // of a session

	Fsync, FullPageWrites, SynchronousCommit bool
	SynchronousStandbys                      string // as it was set; empty: a commit waits for no standby

	ReadOnly    bool // a standby
	Pooled      bool // something between us and the server shares its connections
	Connections int  // that this user may have
	InUse       int  // of those, by other programs too

	Standbys []Standby
	Months   Months
}

// Months are the partitions by month that need a look.
type Months struct {
	Missing  []string // of this month and the next
	Detached []string // taken out of their table, and still in the database
	Unplaced []string // default partitions with rows, which wait for their months
}

// Standby is a server that follows.
type Standby struct {
	Name        string
	Synchronous bool
	Behind      time.Duration // how long ago it was known to have what the server has
}

// Server describes the database's server; nil for a file.
func (s *Store) Server(ctx context.Context) (*Server, error) {
	if s.url == "" {
		return nil, nil
	}

	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, err
	}

	defer conn.Close()

	var server Server
	var versionNumber int
	err = conn.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), d.datcollate, current_setting('TimeZone'),
		current_setting('fsync')::bool, current_setting('full_page_writes')::bool, current_setting('synchronous_commit') <> 'off',
		CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN '' ELSE current_setting('synchronous_standby_names') END,
		pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
		least(CASE WHEN r.rolconnlimit >= 0 THEN r.rolconnlimit END, CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit END,
			current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int),
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
		FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`).
		Scan(&versionNumber, &server.Encoding, &server.Collation, &server.TimeZone,
			&server.Fsync, &server.FullPageWrites, &server.SynchronousCommit, &server.SynchronousStandbys,
			&server.ReadOnly, &server.Connections, &server.InUse)
	if err != nil {
		return nil, fmt.Errorf("ask the server about itself: %w", err)
	}

	server.Version = versionNumber / 10_000
	server.Pooled = s.connections.pooled
	if server.Standbys, err = selectStandbys(ctx, conn); err != nil {
		return nil, err
	}

	server.Months, err = selectMonths(ctx, conn, s.now())
	return &server, err
}

func selectStandbys(ctx context.Context, conn *sql.Conn) ([]Standby, error) {
	return selectAll(ctx, conn, func(row scanner) (standby Standby, err error) {
		var behind float64
		err = row.Scan(&standby.Name, &standby.Synchronous, &behind)
		standby.Behind = time.Duration(behind * float64(time.Second))
		return standby, err
	}, `SELECT application_name, sync_state IN ('sync', 'quorum'), coalesce(extract(epoch FROM replay_lag), 0)::float8
		FROM pg_stat_replication ORDER BY application_name`)
}
