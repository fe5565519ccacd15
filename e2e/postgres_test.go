//go:build e2e

package e2e

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgresServer is one PostgreSQL server on loopback.
type postgresServer struct {
	t       *testing.T
	address string // host and port
	folder  string
	running bool
}

// postgresPair is a server and the standby that follows it, synchronously while
// it is there.
type postgresPair struct {
	t       *testing.T
	account *syscall.Credential // of the servers, which refuse root; nil: our own
	primary *postgresServer
	standby *postgresServer
	folders int // made so far
}

const postgresUser, postgresDatabase = "rieltime", "rieltime"

func newPostgresPair(t *testing.T) *postgresPair {
	t.Helper()
	p := &postgresPair{t: t, account: postgresAccount(t)}
	p.primary = p.newServer(freeAddress(t))
	p.run("initdb", "--username", postgresUser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--pgdata", p.primary.folder)
	p.configure(p.primary)
	p.start(p.primary)
	p.execute(p.primary, "postgres", "CREATE DATABASE "+postgresDatabase)

	p.standby = p.newServer(freeAddress(t))
	p.follow()
	return p
}

// newServer makes the folder of a server, whose path is short: it also has the
// server's socket.
func (p *postgresPair) newServer(address string) *postgresServer {
	p.t.Helper()
	parent, err := os.MkdirTemp("", "rieltime-pg-")
	if err != nil {
		p.t.Fatal(err)
	}

	p.t.Cleanup(func() { _ = os.RemoveAll(parent) })
	if p.account != nil {
		if err := os.Chown(parent, int(p.account.Uid), int(p.account.Gid)); err != nil {
			p.t.Fatal(err)
		}
	}

	p.folders++
	s := &postgresServer{t: p.t, address: address, folder: filepath.Join(parent, fmt.Sprint("data", p.folders))}
	p.t.Cleanup(func() { // before the folder goes
		if s.running {
			p.kill(s)
		}
	})
	return s
}

// configure sets what differs from a server's own defaults. The machine does not
// lose its power in these tests, so the disk need not be waited for.
func (p *postgresPair) configure(s *postgresServer) {
	p.t.Helper()
	host, port, _ := net.SplitHostPort(s.address)
	settings := fmt.Sprintf("listen_addresses = '%s'\nport = %s\nunix_socket_directories = '%s'\n", host, port, filepath.Dir(s.folder)) +
		"fsync = off\nmax_connections = 200\nwal_keep_size = '512MB'\nwal_receiver_status_interval = 1\nlogging_collector = off\n"
	if err := os.WriteFile(filepath.Join(s.folder, "postgresql.auto.conf"), []byte(settings), 0o600); err != nil {
		p.t.Fatal(err)
	}

	// A standby and tests connect over TCP; only this machine can.
	access := "local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
	if err := os.WriteFile(filepath.Join(s.folder, "pg_hba.conf"), []byte(access), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.own(s)
}

// own gives the server's account what we have written.
func (p *postgresPair) own(s *postgresServer) {
	p.t.Helper()
	if p.account == nil {
		return
	}
	for _, name := range []string{"postgresql.auto.conf", "pg_hba.conf"} {
		if err := os.Chown(filepath.Join(s.folder, name), int(p.account.Uid), int(p.account.Gid)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *postgresPair) start(s *postgresServer) {
	p.t.Helper()
	p.run("pg_ctl", "start", "--wait", "--silent", "--pgdata", s.folder, "--log", s.folder+".log")
	s.running = true
}

// kill ends a server with all its processes as a crash does.
func (p *postgresPair) kill(s *postgresServer) {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.folder, "postmaster.pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		p.t.Fatal(err)
	}

	// The other processes of the server end when they miss the first.
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	s.running = false
}

// follow starts the standby from a copy of the primary, and returns once it
// follows: from then on no commit is confirmed that it does not have.
func (p *postgresPair) follow() {
	p.t.Helper()
	host, port, _ := net.SplitHostPort(p.primary.address)
	p.run("pg_basebackup", "--host", host, "--port", port, "--username", postgresUser, "--checkpoint", "fast", "--wal-method", "stream", "--no-sync", "--pgdata", p.standby.folder)
	p.configure(p.standby)
	connection := fmt.Sprintf("primary_conninfo = 'host=%s port=%s user=%s application_name=standby'\n", host, port, postgresUser)
	file, err := os.OpenFile(filepath.Join(p.standby.folder, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := file.WriteString(connection); err != nil {
		p.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.standby.folder, "standby.signal"), nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.own(p.standby)

	p.start(p.standby)
	p.execute(p.primary, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	p.execute(p.primary, "postgres", "SELECT pg_reload_conf()")
	p.waitFor(p.primary, "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync')")
}

// failOver kills the primary and promotes its standby, which then confirms commits
// alone. It returns when the promotion was made.
func (p *postgresPair) failOver() time.Time {
	p.t.Helper()
	p.kill(p.primary)
	p.run("pg_ctl", "promote", "--wait", "--silent", "--pgdata", p.standby.folder)
	promoted := time.Now()
	p.primary, p.standby = p.standby, p.newServer(p.primary.address)
	return promoted
}

// run runs one of PostgreSQL's programs as the account that its servers have.
func (p *postgresPair) run(program string, args ...string) {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(postgresPrograms(p.t), program), args...)
	cmd.Dir = os.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.account}
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

// url is the address of a database on a server.
func (s *postgresServer) url(database string) string {
	return "postgres://" + postgresUser + "@" + s.address + "/" + database
}

// open opens the database on the server that is primary now.
func (p *postgresPair) open() (*sql.DB, error) {
	return sql.Open("pgx", p.primary.url(postgresDatabase))
}

func (p *postgresPair) execute(s *postgresServer, database, statement string) {
	p.t.Helper()
	pool, err := sql.Open("pgx", s.url(database))
	if err != nil {
		p.t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(statement); err != nil {
		p.t.Fatalf("%s: %v", statement, err)
	}
}

// waitFor waits until a query says so.
func (p *postgresPair) waitFor(s *postgresServer, query string) {
	p.t.Helper()
	pool, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer pool.Close()

	for deadline := time.Now().Add(startDeadline); ; time.Sleep(pollInterval) {
		var so bool
		if err := pool.QueryRow(query).Scan(&so); err == nil && so {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("after %v it is not so: %s", startDeadline, query)
		}
	}
}

// postgresPrograms is the folder of the newest PostgreSQL.
func postgresPrograms(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatal("PostgreSQL's programs are not installed: apt-get install postgresql")
	}
	return filepath.Dir(slices.Max(found))
}

// postgresAccount is the account that runs the servers when we are root.
func postgresAccount(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}

	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}

	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
