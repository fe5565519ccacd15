package pages

import (
	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
)

// allowAttempt counts a payment that is started or checked against the limits of
// the client's address and of the session.
func (s *Server) allowAttempt(c echo.Context, sessionID string) error {
	if err := s.attempts.Take(request.ClientAddress(c)); err != nil {
		return err
	}
	return s.sessionAttempts.Take(sessionID)
}
