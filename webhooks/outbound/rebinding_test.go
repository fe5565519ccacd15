package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// nameServer answers every question with the next of its addresses, the last
// one for ever.
func nameServer(t *testing.T, addresses ...[4]byte) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		packet := make([]byte, 512)
		for at := 0; ; {
			n, from, err := socket.ReadFrom(packet)
			if err != nil {
				return
			}

			answer, isA := answerTo(packet[:n], addresses[min(at, len(addresses)-1)])
			if isA {
				at++
			}

			_, _ = socket.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// answerTo answers a question for an IPv4 address, and no other (RFC 1035,
// section 4.1).
func answerTo(question []byte, address [4]byte) (answer []byte, isA bool) {
	end := 12
	for question[end] != 0 {
		end += 1 + int(question[end])
	}

	isA = question[end+2] == 1
	answer = append(answer, question[:end+5]...)
	copy(answer[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, address[0], address[1], address[2], address[3])
	}

	return answer, isA
}

func TestNameThatChangesItsMindIsNotFollowedInside(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()

	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	resolver := nameServer(t, [4]byte{93, 184, 215, 14}, [4]byte{127, 0, 0, 1})
	checked, err := resolver.LookupHost(t.Context(), "rebind.example.")
	if err != nil || len(checked) != 1 || checked[0] != "93.184.215.14" {
		t.Fatalf("the check sees %v, %v", checked, err)
	}

	open := clientOf(&net.Dialer{Timeout: time.Second, Resolver: resolver}, time.Second)
	if _, err := open.Get("http://rebind.example.:" + port); err != nil || reached.Load() != 1 {
		t.Fatalf("without the check the server inside is reached %d times, %v", reached.Load(), err)
	}

	open.CloseIdleConnections()
	safe := clientOf(&net.Dialer{Timeout: time.Second, Resolver: resolver, Control: onlyPublic}, time.Second)
	if _, err := safe.Get("http://rebind.example.:" + port); !errors.Is(err, ErrNotAllowed) || reached.Load() != 1 {
		t.Errorf("reached %d times, %v", reached.Load(), err)
	}
}

func TestAddressesInsideAreRefusedHoweverWritten(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()

	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	client := NewClient(time.Second, false)
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[0:0:0:0:0:0:0:1]", "127.0.0.1.", "localhost.", "user@127.0.0.1", "%31%32%37.0.0.1",
	} {
		if answer, err := client.Get("http://" + host + ":" + port + "/"); err == nil {
			t.Errorf("%s answers %s", host, answer.Status)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("reached %d times", reached.Load())
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	transport, ok := NewClient(time.Second, false).Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Error("a proxy would make connections that are not checked")
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()

	for _, status := range []int{301, 302, 303, 307, 308} {
		outside := httptest.NewServer(http.RedirectHandler(inside.URL, status))
		answer, err := NewClient(time.Second, true).Post(outside.URL, "application/json", strings.NewReader("{}"))
		if err != nil || answer.StatusCode != status || reached.Load() != 0 {
			t.Errorf("%d: %v, followed %d times", status, err, reached.Load())
		}

		outside.Close()
	}
}
