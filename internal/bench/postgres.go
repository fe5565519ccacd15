package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"time"
)

// postgres is the server of the databases, which .ci/postgres has started.
type postgres struct {
	url string
	db  *sql.DB
	pid int // of the first of its processes
	n   int // databases
}

// openPostgres opens the server, and has it lose nothing in a crash: .ci/postgres
// starts one that may.
func openPostgres(ctx context.Context, address string) (*postgres, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}

	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes", "autovacuum"} {
		if _, err := db.ExecContext(ctx, "ALTER SYSTEM SET "+setting+" = on"); err != nil {
			return nil, err
		}
	}
	if _, err := db.ExecContext(ctx, "SELECT pg_reload_conf()"); err != nil {
		return nil, err
	}

	p := &postgres{url: address, db: db}
	var backend int
	if err := db.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return nil, err
	}
	if _, _, p.pid = statOf(backend); p.pid == 0 {
		return nil, fmt.Errorf("the processes of %s are not on this machine", address)
	}
	return p, nil
}

// newDatabase makes a database and returns its URL.
func (p *postgres) newDatabase(ctx context.Context) (string, error) {
	p.n++
	name := fmt.Sprintf("bench_%d", p.n)
	if _, err := p.db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}

	address, err := url.Parse(p.url)
	if err != nil {
		return "", err
	}
	address.Path = "/" + name
	return address.String(), nil
}

// cpu is the processor time of all processes of the server.
func (p *postgres) cpu() time.Duration { return familyCPU(p.pid) }
