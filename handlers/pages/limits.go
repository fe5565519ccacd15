package pages

import (
	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
)

// allowAttempt bounds how often a payment of one session is started or checked, and
// how often one address does so.
func (s *Server) allowAttempt(c echo.Context, sessionID string) error {
	if err := s.attempts.Take(request.ClientAddress(c)); err != nil {
		return err
	}
	return s.sessionAttempts.Take(sessionID)
}
