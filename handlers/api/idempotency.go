package api

import (
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

// idempotent returns the handler of a POST. A request with an Idempotency-Key is
// carried out once; when it is sent again, it is answered as it was before.
func (s *Server) idempotent(o operation) merchantHandler {
	return func(c echo.Context, key checkout.APIKey) error {
		idempotent, err := readIdempotentRequest(c, key)
		if err != nil {
			return err
		}

		result, err := s.carryOut(c, key, idempotent, o)
		var before *checkout.AlreadyCarriedOut
		switch {
		case errors.As(err, &before):
			c.Response().Header().Set("Idempotent-Replayed", "true")
			result = before.Result
		case err != nil:
			return err
		}

		return sendResult(c, result)
	}
}

func (s *Server) carryOut(c echo.Context, key checkout.APIKey, idempotent checkout.IdempotentRequest, o operation) (checkout.RequestResult, error) {
	if idempotent.Key == "" {
		return o.carryOut(c, key)
	}
	if err := s.store.CheckIdempotency(c.Request().Context(), idempotent); err != nil {
		return checkout.RequestResult{}, err
	}
	if o.leased {
		return s.underLease(c, key, idempotent, o.carryOut)
	}

	setIdempotentRequest(c, idempotent)
	return o.carryOut(c, key)
}

// underLease leases a request, lets handle carry it out, and keeps the result before
// it is sent. After a 4xx the key is free for another request; after anything
// worse, which does not say what was done, only the same request may take it over.
func (s *Server) underLease(c echo.Context, key checkout.APIKey, idempotent checkout.IdempotentRequest, handle postHandler) (checkout.RequestResult, error) {
	ctx := context.WithoutCancel(c.Request().Context())
	idempotent, err := s.store.LeaseIdempotency(ctx, idempotent, s.now().Add(checkout.IdempotencyLease))
	if err != nil {
		return checkout.RequestResult{}, err
	}

	// The lease ends also when handle panics.
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
	result, err := handle(c, key)
	if err != nil {
		forget = failure.Of(err).Status < http.StatusInternalServerError
		return result, err
	}

	// What was done is done: the caller learns of it also when it cannot be kept.
	if err := s.store.KeepResult(ctx, idempotent, result); err != nil {
		s.log.Error("answer not kept", "request_id", request.ID(c), "error", err)
	} else {
		kept = true
	}

	return result, nil
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

// readIdempotentRequest reads a request's Idempotency-Key and what the key is bound
// to; without one it returns a request without a key.
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
		Operation: r.Method + " " + r.URL.Path, ContentHash: hex.EncodeToString(sum[:]),
	}, nil
}

func setIdempotentRequest(c echo.Context, idempotent checkout.IdempotentRequest) {
	c.SetRequest(c.Request().WithContext(checkout.WithIdempotentRequest(c.Request().Context(), idempotent)))
}
