package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// lines are kept connections to one server, each for a request at a time. That of net/http
// passes every request through two goroutines of its connection, and so took twice as long
// as the server for a poll, of the same processors.
type lines struct {
	mu   sync.Mutex
	idle []*line
}

type line struct {
	net.Conn
	out *bufio.Writer
	in  *bufio.Reader
}

// RoundTrip implements http.RoundTripper. It reads the whole answer.
func (l *lines) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := l.take(r.URL.Host)
	if err != nil {
		return nil, err
	}

	answer, err := c.roundTrip(r)
	if err != nil || answer.Close {
		return answer, errors.Join(err, c.Close())
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, c)
	return answer, nil
}

// take returns the line that was used last, or a new one while all are in use.
func (l *lines) take(address string) (*line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.idle) - 1; last >= 0 {
		c := l.idle[last]
		l.idle = l.idle[:last]
		return c, nil
	}

	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &line{c, bufio.NewWriter(c), bufio.NewReader(c)}, nil
}

func (c *line) roundTrip(r *http.Request) (*http.Response, error) {
	if err := errors.Join(c.SetDeadline(time.Now().Add(answerWithin)), r.Write(c.out), c.out.Flush()); err != nil {
		return nil, err
	}

	answer, err := http.ReadResponse(c.in, r)
	if err != nil {
		return nil, err
	}

	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, err
}
