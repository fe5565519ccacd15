package bakongsim

import (
	"net/http"
	"time"
)

// requests are those of the protocol. Recent holds the last of them.
type requests struct {
	Counts map[string]int `json:"counts"` // by endpoint
	Recent []request      `json:"recent"`
}

type request struct {
	At   time.Time `json:"at"`
	Path string    `json:"path"`
}

// maxRecent bounds requests.Recent.
const maxRecent = 1000

// record records each request of the protocol, also those that a fault applies to.
func (s *Simulator) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Mu.Lock()
		if s.requests.Counts == nil {
			s.requests.Counts = map[string]int{}
		}

		s.requests.Counts[r.URL.Path]++
		s.requests.Recent = append(s.requests.Recent, request{s.clock(), r.URL.Path})
		if extra := len(s.requests.Recent) - maxRecent; extra > 0 {
			s.requests.Recent = s.requests.Recent[extra:]
		}

		s.Mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
