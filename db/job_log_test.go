package db

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestJobLogRepeatsAMessageSeldom(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	log := slog.New(newJobLog(slog.NewTextHandler(&out, nil), func() time.Time { return now }))

	for range 100 {
		log.Error("fetch failed")
	}
	log.Error("another failure")
	log.Warn("a retry")
	now = now.Add(jobLogEvery)
	log.Error("fetch failed")

	if fetches, lines := strings.Count(out.String(), "fetch failed"), strings.Count(out.String(), "\n"); fetches != 2 || lines != 3 {
		t.Errorf("%d lines about the fetch, %d in all, want 2 and 3:\n%s", fetches, lines, out.String())
	}
}
