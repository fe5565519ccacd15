package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
)

const maxIdempotencyKey = 255

// replayed answers a retry of a request with an Idempotency-Key as the request was
// answered before; see replay. Anything else is for handle, whose context has
// the request.
func (s *Server) replayed(handle merchantHandler) merchantHandler {
	return func(c echo.Context, key checkout.APIKey) error {
		request, err := readIdempotentRequest(c, key)
		if err != nil {
			return err
		}
		if request.Key == "" {
			return handle(c, key)
		}
		if err := s.store.CheckIdempotency(c.Request().Context(), request); err != nil {
			return replay(c, err)
		}

		setIdempotentRequest(c, request)
		return replay(c, handle(c, key))
	}
}

// leased carries a request with an Idempotency-Key out once: it leases the
// request, lets handle run, and stores the answer before it is sent. After a 4xx
// the key is free for another request; after anything worse, which does not say
// what was done, only the same request may take it over.
func (s *Server) leased(handle merchantHandler) merchantHandler {
	return func(c echo.Context, key checkout.APIKey) error {
		request := checkout.IdempotentRequestOf(c.Request().Context())
		if request.Key == "" {
			return handle(c, key)
		}
		return s.underLease(c, key, request, handle)
	}
}

func (s *Server) underLease(c echo.Context, key checkout.APIKey, idempotent checkout.IdempotentRequest, handle merchantHandler) error {
	ctx := context.WithoutCancel(c.Request().Context())
	idempotent, err := s.store.LeaseIdempotency(ctx, idempotent, s.now().Add(checkout.IdempotencyLease))
	if err != nil {
		return err
	}

	kept, forget, stop := false, false, s.renewed(ctx, idempotent)
	defer func() {
		if idempotent = stop(); kept {
			return
		}
		if err := s.store.ReleaseIdempotency(ctx, idempotent, forget); err != nil {
			s.log.Error("idempotency key not released", "request_id", request.ID(c), "error", err)
		}
	}()

	setIdempotentRequest(c, idempotent)
	held, err := heldBack(c, func() error { return handle(c, key) })
	if err != nil {
		forget = failure.Of(err).Status < http.StatusInternalServerError
		return err
	}

	answer := checkout.Response{Status: held.status, Location: c.Response().Header().Get(echo.HeaderLocation), Body: held.body.Bytes()}
	if err := s.store.KeepAnswer(ctx, idempotent, answer); err != nil {
		s.log.Error("answer not kept", "request_id", request.ID(c), "error", err)
	} else {
		kept = true
	}

	return held.send()
}

// renewed renews a request's lease until stop is called, which returns the
// request as it is then.
func (s *Server) renewed(ctx context.Context, idempotent checkout.IdempotentRequest) (stop func() checkout.IdempotentRequest) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		var fault error
		defer close(ended)
		defer checkout.Contain(s.log, "request", &fault)

		ticker := time.NewTicker(checkout.IdempotencyLease / 3)
		defer ticker.Stop()

		for {
			select {
			case <-end:
				return
			case <-ticker.C:
			}

			after, err := s.store.RenewIdempotency(ctx, idempotent, s.now().Add(checkout.IdempotencyLease))
			if errors.Is(err, checkout.ErrNotFound) {
				return
			}

			if err != nil {
				s.log.Warn("idempotency key not renewed", "error", err)
				continue
			}

			idempotent = after
		}
	}()
	return func() checkout.IdempotentRequest {
		close(end)
		<-ended
		return idempotent
	}
}

// readIdempotentRequest binds a request to its Idempotency-Key; without one it binds
// nothing.
func readIdempotentRequest(c echo.Context, key checkout.APIKey) (checkout.IdempotentRequest, error) {
	r := c.Request()
	given := r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return checkout.IdempotentRequest{}, nil
	}

	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	if len(given) > 1 || strings.TrimSpace(given[0]) == "" || len(given[0]) > maxIdempotencyKey || strings.ContainsFunc(given[0], unprintable) {
		return checkout.IdempotentRequest{}, checkout.Invalidf("Idempotency-Key", "idempotency_key_invalid",
			"Idempotency-Key must be sent once, with 1 to %d printable ASCII characters, not only blanks.", maxIdempotencyKey)
	}

	body, err := readBody(c)
	if err != nil {
		return checkout.IdempotentRequest{}, err
	}

	sum := sha256.Sum256(body)
	return checkout.IdempotentRequest{
		MerchantID: key.MerchantID, Mode: key.Mode, Key: given[0],
		Route: r.Method + " " + r.URL.Path, BodyHash: hex.EncodeToString(sum[:]),
	}, nil
}

func setIdempotentRequest(c echo.Context, idempotent checkout.IdempotentRequest) {
	c.SetRequest(c.Request().WithContext(checkout.WithIdempotentRequest(c.Request().Context(), idempotent)))
}

// replay sends the stored answer of a Replay error; any other error is returned.
func replay(c echo.Context, err error) error {
	var before *checkout.Replay
	if !errors.As(err, &before) {
		return err
	}
	h := c.Response().Header()
	h.Set("Idempotent-Replayed", "true")
	if before.Response.Location != "" {
		h.Set(echo.HeaderLocation, before.Response.Location)
	}
	return c.Blob(before.Response.Status, echo.MIMEApplicationJSON, before.Response.Body)
}

// heldAnswer keeps an answer back until it may be sent.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// heldBack keeps back what handle answers. After an error or a panic nothing of
// it has been answered: the error's own answer comes instead.
func heldBack(c echo.Context, handle func() error) (held *heldAnswer, err error) {
	held = &heldAnswer{ResponseWriter: c.Response().Writer}
	c.Response().Writer = held
	answered := false
	defer func() {
		c.Response().Writer = held.ResponseWriter
		if !answered {
			c.Response().Committed, c.Response().Size = false, 0
		}
	}()

	err = handle()
	answered = err == nil
	return held, err
}

func (h *heldAnswer) WriteHeader(status int)         { h.status = status }
func (h *heldAnswer) Write(part []byte) (int, error) { return h.body.Write(part) }
func (h *heldAnswer) send() error {
	h.ResponseWriter.WriteHeader(h.status)
	_, err := h.ResponseWriter.Write(h.body.Bytes())
	return err
}
