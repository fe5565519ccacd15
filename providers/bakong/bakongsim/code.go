package bakongsim

import (
	"errors"
	"time"

	"rieltime/khqr"
)

// codeErrors returns why a bank refuses a code, besides that it has expired.
func codeErrors(qr string, now time.Time) []string {
	var problems []string
	for _, err := range khqr.Verify(qr, now) {
		if !errors.Is(err, khqr.KHQRExpired) {
			problems = append(problems, err.Error())
		}
	}
	return problems
}
