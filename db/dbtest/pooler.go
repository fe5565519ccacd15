package dbtest

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rieltime/db"
)

const nobody = 65534 // the user without rights

// Pooled returns options for the same database through pgbouncer, which gives each
// transaction any of a few connections. Tests that use it are built for PostgreSQL
// alone.
func Pooled(t testing.TB, options db.Options) db.Options {
	t.Helper()
	if options.URL == "" {
		t.Fatal("set " + ServerVariable + " to test a pooler")
	}
	program := pgbouncer()
	if program == "" {
		t.Fatal("pgbouncer is not installed: apt-get install pgbouncer")
	}

	server, err := pgx.ParseConfig(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "pooler") // not t.TempDir: the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })

	password := ""
	if server.Password != "" {
		password = "password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	config := filepath.Join(folder, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%d user=%s %s
[pgbouncer]
pool_mode = transaction
default_pool_size = 5
unix_socket_dir = %s
listen_port = %d
auth_type = any
`, server.Host, server.Port, server.User, password, folder, poolerPort)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}

	start(t, program, config, userFor(server.Host))
	options.Connector = nil
	options.URL = fmt.Sprintf("postgres://%s@/%s?host=%s&port=%d", url.PathEscape(server.User), server.Database, url.QueryEscape(folder), poolerPort)
	waitFor(t, options.URL)
	return options
}

const poolerPort = 6432

// pgbouncer returns the path of the program; empty when there is none.
func pgbouncer() string {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// userFor returns the user to start a pooler as, which refuses to run as root: the
// owner of the server's socket, or nobody.
func userFor(host string) (user uint32) {
	info, err := os.Stat(host)
	if err != nil {
		return nobody
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
		return owner
	}
	return nobody
}

func start(t testing.TB, program, config string, user uint32) {
	t.Helper()
	command := exec.Command(program, config)
	output := &strings.Builder{}
	command.Stdout, command.Stderr = output, output
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Dir(config), int(user), -1); err != nil {
			t.Fatal(err)
		}
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: nobody}}
	}

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(output)
		}
	})
}

// waitFor returns when a database can be connected to.
func waitFor(t testing.TB, address string) {
	t.Helper()
	pool, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()

	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err = pool.Ping(); err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
