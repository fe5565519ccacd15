//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// pooler is pgbouncer in transaction mode before the primary.
type pooler struct {
	t       *testing.T
	servers *postgresPair
	folder  string
	address string
	cmd     *exec.Cmd
}

func newPooler(t *testing.T, servers *postgresPair) *pooler {
	t.Helper()
	p := &pooler{t: t, servers: servers, folder: t.TempDir(), address: freeAddress(t)}
	for folder := p.folder; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil { // the pooler refuses root too
			t.Fatal(err)
		}
	}

	p.start()
	t.Cleanup(p.kill)
	return p
}

// restart kills the pooler and starts it before the server that is primary now.
func (p *pooler) restart() {
	p.t.Helper()
	p.kill()
	p.start()
}

func (p *pooler) start() {
	p.t.Helper()
	ourHost, ourPort, _ := net.SplitHostPort(p.address)
	host, port, _ := net.SplitHostPort(p.servers.primary.address)
	settings := fmt.Sprintf("[databases]\n%s = host=%s port=%s user=%s\n[pgbouncer]\nlisten_addr = %s\nlisten_port = %s\nunix_socket_dir =\n", postgresDatabase, host, port, postgresUser, ourHost, ourPort) +
		"auth_type = any\npool_mode = transaction\nmax_client_conn = 500\ndefault_pool_size = 30\nserver_login_retry = 1\n"
	file := filepath.Join(p.folder, "pgbouncer.ini")
	// With this kind of access all clients are one user of the server.
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		p.t.Fatal(err)
	}

	p.cmd = exec.Command("pgbouncer", "--quiet", file)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.servers.account}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("%v: apt-get install pgbouncer", err)
	}

	for deadline := time.Now().Add(startDeadline); ; time.Sleep(pollInterval / 5) {
		if conn, err := net.Dial("tcp", p.address); err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatal("pgbouncer does not listen")
		}
	}
}

func (p *pooler) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // was killed
}
