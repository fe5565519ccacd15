package db_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// TestServerThatIsSilentIsLeft connects to a server that accepts and never answers.
func TestServerThatIsSilentIsLeft(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()

	conn := db.BoundConn(ours, time.Millisecond)
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read without an answer: %v, want it to end", err)
	}

	// A deadline of the driver, which ends a canceled query, takes its place.
	if err := conn.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		_, _ = theirs.Write([]byte("x")) // fails only when the test has ended
	}()
	if n, err := conn.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d bytes within the driver's deadline: %v", n, err)
	}
}

func TestReadinessEndsWithItsContext(t *testing.T) {
	store, err := db.Open(t.Context(), dbtest.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Ready(ctx); err == nil {
		t.Error("ready after the context has ended")
	}
}

// TestServerThatDoesNotAnswerAConnectionIsUnreachable connects to a server that
// accepts connections and says nothing: the time-out is the connection's own and not
// that of whoever asked.
func TestServerThatDoesNotAnswerAConnectionIsUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	options := db.Options{URL: "postgres://rieltime@" + listener.Addr().String() + "/rieltime?connect_timeout=1", Key: make([]byte, db.KeySize)}
	store, err := db.Open(t.Context(), options)
	if err == nil {
		t.Fatal(store.Close())
	}
	if !errors.Is(err, context.DeadlineExceeded) || !db.Unreachable(err) {
		t.Errorf("open: %v, want a time-out that counts as unreachable", err)
	}
}

// TestConnectionsAreMadeAFewAtATime has a server keep each connection waiting for a
// while and refuse it.
func TestConnectionsAreMadeAFewAtATime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	var waiting, most atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			now := waiting.Add(1)
			most.Store(max(most.Load(), now))
			time.AfterFunc(20*time.Millisecond, func() {
				waiting.Add(-1)
				_ = conn.Close()
			})
		}
	}()

	pool, err := db.PoolTo(t.Context(), "postgres://rieltime@"+listener.Addr().String()+"/rieltime?sslmode=disable&default_query_exec_mode=exec", 20)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()

	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if err := pool.PingContext(t.Context()); err == nil {
				t.Error("a connection that the server closed counts as made")
			}
		})
	}
	wait.Wait()
	if got := most.Load(); got != db.ConnectsAtOnce {
		t.Errorf("%d connections were made at a time, want %d", got, db.ConnectsAtOnce)
	}
}

// Requests that nothing cancels wait no longer for room than for a connection.
func TestWaitForRoomToConnectEnds(t *testing.T) {
	if err := db.ConnectBesideSilence(context.Background(), time.Millisecond); !db.Unreachable(err) {
		t.Errorf("%v, want that the database is unreachable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.ConnectBesideSilence(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that of the context", err)
	}
}
