package cmd

import (
	"context"
	"net/http"
	"time"
)

// Verdicts of the doctor. Only a problem makes it fail: what cannot be reached from
// here is unknown, not wrong.
const (
	verdictOK      = "ok"
	verdictWarning = "warning"
	verdictUnknown = "unknown"
	verdictProblem = "PROBLEM"
)

// finding is one line of the doctor's report; advice says how to fix it.
type finding struct{ verdict, what, advice string }

const doctorTimeout = 10 * time.Second

func head(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return nil, err
	}

	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}

	return answer, answer.Body.Close()
}
