package handlers_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// wireAttacks speak HTTP as no browser does.
var wireAttacks = []attack{
	{"a slow loris", func(h *harness) {
		address := h.listen()
		var held []net.Conn
		for range 60 {
			conn := h.dial(address)
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: pay.example\r\nX-Slow: ")
			held = append(held, conn)
		}

		if status, _, _ := h.raw(address, "GET /healthz HTTP/1.1\r\nHost: pay.example\r\n\r\n"); status != http.StatusOK {
			h.t.Errorf("beside 60 slow ones: %d", status)
		}

		for _, conn := range held {
			if answer, err := io.ReadAll(conn); err != nil || bytes.Contains(answer, []byte(" 200 ")) {
				h.t.Fatalf("a request that never ends: %q, %v", answer, err)
			}
		}
	}},
	{"a slow body", func(h *harness) {
		address, session := h.listen(), h.open()
		for _, request := range []string{
			"POST /c/" + session + "/payments HTTP/1.1\r\nHost: pay.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nmethod=khqr",
			"POST " + sessions + " HTTP/1.1\r\nHost: pay.example\r\nAuthorization: Bearer " + h.keys["klaing test"] + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
			"POST /callbacks/bakong/x HTTP/1.1\r\nHost: pay.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		} {
			if status, _, _ := h.raw(address, request); status == http.StatusOK || status == http.StatusSeeOther || status >= 500 {
				h.t.Errorf("%.40q: %d", request, status)
			}
		}

		if n := len(h.purchase(session).Payments); n != 0 {
			h.t.Errorf("a form that broke off started %d payments", n)
		}
	}},
	{"a huge body", func(h *harness) {
		address, session, link := h.listen(), h.open(), h.link(`"amount":"5.00"`)
		big := strings.Repeat("a", 70<<10)
		chunked := strconv.FormatInt(int64(len(big)), 16) + "\r\n" + big + "\r\n0\r\n\r\n"
		for _, target := range []string{"/c/" + session + "/payments", "/c/" + session + "/check", "/l/" + link.ID, sessions, "/v1/refunds", endpoints, "/callbacks/bakong/x"} {
			head := "POST " + target + " HTTP/1.1\r\nHost: pay.example\r\nContent-Type: " + contentTypeOf(target) + "\r\nAuthorization: Bearer " + h.keys["klaing test"] + "\r\n"
			for name, request := range map[string]string{
				"as announced":     head + "Content-Length: " + strconv.Itoa(len(big)) + "\r\n\r\n" + big,
				"announced only":   head + "Content-Length: 99999999999\r\n\r\n",
				"in chunks":        head + "Transfer-Encoding: chunked\r\n\r\n" + chunked,
				"with expectation": head + "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n",
			} {
				status, _, _ := h.raw(address, request)
				if status != http.StatusRequestEntityTooLarge && (status != http.StatusBadRequest || !strings.HasPrefix(target, "/callbacks")) {
					h.t.Errorf("%s %s: %d", target, name, status)
				}
			}
		}
	}},
	{"a decompression bomb", func(h *harness) {
		var bomb bytes.Buffer
		packer := gzip.NewWriter(&bomb)
		_, _ = packer.Write([]byte(order + `,"description":"` + strings.Repeat("a", 20<<20)))
		_ = packer.Close()
		if bomb.Len() > 64<<10 {
			h.t.Fatalf("the bomb has %d bytes", bomb.Len())
		}

		session := h.open()
		for _, target := range []string{sessions, "/c/" + session + "/payments", "/callbacks/bakong/x"} {
			w := h.strike(http.MethodPost, target, bomb.String(), "Content-Type", contentTypeOf(target), "Content-Encoding", "gzip", "Authorization", "Bearer "+h.keys["klaing test"])
			if w.Code/100 != 4 && !strings.HasPrefix(target, "/c/") || w.Code == http.StatusSeeOther {
				h.t.Errorf("%s: %d", target, w.Code)
			}
		}

		var small bytes.Buffer
		packer = gzip.NewWriter(&small)
		_, _ = packer.Write([]byte(order + "}"))
		_ = packer.Close()
		if w := h.call("klaing test", http.MethodPost, sessions, small.String(), "Content-Encoding", "gzip"); w.Code != http.StatusBadRequest {
			h.t.Errorf("a packed body is unpacked: %d", w.Code)
		}
	}},
	{"huge headers", func(h *harness) {
		address := h.listen()
		for name, header := range map[string]string{
			"one long":  "X-A: " + strings.Repeat("a", 64<<10) + "\r\n",
			"many":      strings.Repeat("X-A: a\r\n", 10_000),
			"a cookie":  "Cookie: a=" + strings.Repeat("a", 64<<10) + "\r\n",
			"long path": "X: y\r\n",
		} {
			path := "/healthz"
			if name == "long path" {
				path = "/" + strings.Repeat("a", 64<<10)
			}

			if status, _, _ := h.raw(address, "GET "+path+" HTTP/1.1\r\nHost: pay.example\r\n"+header+"\r\n"); status != http.StatusRequestHeaderFieldsTooLarge {
				h.t.Errorf("%s: %d", name, status)
			}
		}
	}},
	{"header injection by URL", func(h *harness) {
		address, session := h.listen(), h.open()
		for _, target := range []string{
			"/c/" + session + "?lang=en%0d%0aX-Injected:%201", "/c/cs_%0d%0aX-Injected:%201", "/c/%0aX-Injected:1", "/%0d%0aX-Injected:%201", "/return/bakong/pay_%0d%0aX-Injected:%201",
			"/l/%0d%0aX-Injected:1", "/logos/%0d%0aX-Injected:1", "/docs?%0d%0aX-Injected:%201", "/static/%0d%0aX-Injected:%201",
		} {
			status, header, body := h.raw(address, "GET "+target+" HTTP/1.1\r\nHost: pay.example\r\nX-Request-Id: a\r\nAccept-Language: en\r\n\r\n")
			h.harmless(target, status, header, body)
			if header.Get("X-Injected") != "" || status == 0 {
				h.t.Errorf("%s: %d %v", target, status, header)
			}
		}

		for _, value := range []string{"a\r\nX-Injected: 1", "a\nX-Injected: 1", "\x00", "ключ", strings.Repeat("k", 256)} {
			w := h.call("klaing test", http.MethodPost, sessions, strings.Replace(order, "A-1", "H", 1)+"}", "Idempotency-Key", value)
			if w.Code != http.StatusBadRequest || w.Header().Get("X-Injected") != "" {
				h.t.Errorf("%q: %d", value, w.Code)
			}
		}

		for _, text := range []string{`a\r\nX-Injected: 1`, `a\u0000b`, `a\u2028\u0085b`} {
			w := h.call("klaing test", http.MethodPost, sessions, strings.Replace(order, "A-1", text, 1)+"}")
			if strings.Contains(text, `\r`) && w.Code != http.StatusBadRequest || w.Header().Get("X-Injected") != "" {
				h.t.Errorf("%q: %d", text, w.Code)
			}
		}
	}},
	{"path traversal", func(h *harness) {
		address, session := h.listen(), h.open()
		for _, target := range []string{
			"/c/../v1/payments", "/c/" + session + "/../../v1/payments", "/%2e%2e/%2e%2e/etc/passwd", "/static/../../go.mod", "/static/..%2f..%2fgo.mod", "/static/%2e%2e/%2e%2e/handlers.go",
			"/static//evil.example/..", "/static/", "/static", "//evil.example/%2e%2e", "//evil.example", "/\\evil.example", "/c//" + session, "/c/" + session + "/", "/C/" + session, "/c/" + session + "%00", "/c/" + session + ";a=b",
			"/c/" + session + "%2f..%2fpayments", "/v1//payments", "/v1/payments/", "/v1/payments/%2e%2e", "/callbacks/bakong/..%2f..", "/gallery/..%2f..%2fetc%2fpasswd", "/c/%ff%fe", "/c/" + strings.Repeat("../", 100), "/.git/config", "/.env", "/debug/pprof/", "/metrics",
		} {
			status, header, body := h.raw(address, "GET "+target+" HTTP/1.1\r\nHost: pay.example\r\n\r\n")
			h.harmless(target, status, header, body)
			if status/100 != 4 {
				h.t.Errorf("%s: %d %v", target, status, header)
			}
		}

		for _, line := range []string{
			"TRACE /healthz HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1", "FOO /healthz HTTP/1.1", "DELETE /c/" + session + " HTTP/1.1", "PUT /c/" + session + " HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /healthz HTTP/9.9", "GET  /healthz HTTP/1.1", "GET /heal\x00thz HTTP/1.1", "gibberish",
		} {
			status, header, body := h.raw(address, line+"\r\nHost: pay.example\r\nX-HTTP-Method-Override: GET\r\n\r\n")
			h.harmless(line, status, header, body)
			if (status/100 == 2 && !strings.HasPrefix(line, "OPTIONS")) || strings.Contains(body, "X-HTTP-Method-Override") {
				h.t.Errorf("%q: %d %s", line, status, body)
			}
		}
	}},
	{"request smuggling", func(h *harness) {
		address, session := h.listen(), h.open()
		hidden := "POST /c/" + session + "/cancel HTTP/1.1\r\nHost: pay.example\r\nContent-Length: 0\r\n\r\n"
		for name, head := range map[string]string{
			"length and chunks":   "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"two lengths":         "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
			"a length with a +":   "Content-Length: +0\r\n\r\n",
			"chunks twice":        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
			"another encoding":    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
			"a blank before ':'":  "Content-Length : 0\r\n\r\n",
			"a folded header":     "X-A: b\r\n Content-Length: 0\r\n\r\n",
			"a bare line feed":    "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
			"two hosts":           "Host: evil.example\r\n\r\n",
			"a header of no name": ": x\r\n\r\n",
		} {
			status, _, _ := h.raw(address, "POST /callbacks/bakong/x HTTP/1.1\r\nHost: pay.example\r\n"+head+hidden)
			if status/100 != 4 && status/100 != 5 { // 501 is net/http's own for an unknown encoding
				h.t.Errorf("%s: %d", name, status)
			}
		}
	}},
}

func contentTypeOf(target string) string {
	if strings.HasPrefix(target, "/v1/") {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// listen serves the harness on a socket, with its time-outs shortened.
func (h *harness) listen() (address string) {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}

	server := h.e.Server
	if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.WriteTimeout == 0 || server.IdleTimeout == 0 || server.MaxHeaderBytes == 0 {
		h.t.Error("the server has no bounds of its own")
	}

	server.ReadHeaderTimeout, server.ReadTimeout, server.IdleTimeout = 500*time.Millisecond, 500*time.Millisecond, 500*time.Millisecond
	go func() { _ = server.Serve(listener) }()
	h.t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func (h *harness) dial(address string) net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// raw sends bytes and reads the first answer; a connection that is cut has
// status 0.
func (h *harness) raw(address, request string) (status int, header http.Header, body string) {
	h.t.Helper()
	conn := h.dial(address)
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, request) }() // the server may answer before it has read all
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodGet, URL: &url.URL{}})
	if err != nil {
		return 0, http.Header{}, ""
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, answer.Header, string(text)
}
