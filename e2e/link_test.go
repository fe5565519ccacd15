//go:build e2e

package e2e

import (
	"net"
	"sync"
	"testing"
	"time"
)

// cuttableLink is a TCP proxy that can stop passing bytes, and break off all its
// connections, as a network between two machines does.
type cuttableLink struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	open    map[net.Conn]bool
	stalled chan struct{} // closed when bytes pass again; nil: they pass
}

// newLink makes a link to an address.
func newLink(t *testing.T, target string) *cuttableLink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	l := &cuttableLink{listener: listener, target: target, open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		l.resume()
		l.reset()
	})
	go l.accept()
	return l
}

func (l *cuttableLink) address() string { return l.listener.Addr().String() }

func (l *cuttableLink) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.connect(near)
	}
}

func (l *cuttableLink) connect(near net.Conn) {
	l.waitWhileStalled()
	far, err := net.DialTimeout("tcp", l.target, time.Second)
	if err != nil {
		abort(near)
		return
	}

	l.mu.Lock()
	l.open[near], l.open[far] = true, true
	l.mu.Unlock()

	go l.pass(near, far)
	go l.pass(far, near)
}

// pass copies what arrives until either end is closed, and then closes both.
func (l *cuttableLink) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.waitWhileStalled()
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = failed
			}
		}
		if err != nil {
			break
		}
	}

	l.mu.Lock()
	delete(l.open, from)
	delete(l.open, to)
	l.mu.Unlock()
	_, _ = from.Close(), to.Close()
}

func (l *cuttableLink) waitWhileStalled() {
	l.mu.Lock()
	stalled := l.stalled
	l.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
}

// stall holds back all bytes until resume; nobody hears of it.
func (l *cuttableLink) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stalled == nil {
		l.stalled = make(chan struct{})
	}
}

func (l *cuttableLink) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stalled != nil {
		close(l.stalled)
		l.stalled = nil
	}
}

// reset breaks off all connections.
func (l *cuttableLink) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.open {
		abort(conn)
	}
	clear(l.open)
}

// abort closes a connection as a machine does that knows nothing of it.
func abort(conn net.Conn) {
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
