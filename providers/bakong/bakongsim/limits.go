package bakongsim

import (
	"net/http"
	"strconv"
	"time"
)

// limits bound the checks of one token's owner; 0 is no limit.
type limits struct {
	Daily     int `json:"daily"`      // errorCode 17, HTTP 200
	PerSecond int `json:"per_second"` // HTTP 429

	day, second map[string]window
}

type window struct {
	Start int64
	Count int
}

// count counts a check and returns the answer to one that exceeds a limit.
func (l *limits) count(w http.ResponseWriter, owner string, now time.Time) (answer, bool) {
	if l.PerSecond > 0 && advance(&l.second, owner, now.Unix()) > l.PerSecond {
		w.Header().Set("Retry-After", "1")
		return answer{message: "Too many requests.", status: http.StatusTooManyRequests}, true
	}
	const day, ahead = 24 * 60 * 60, 7 * 60 * 60 // Cambodia's time
	if l.Daily > 0 && advance(&l.day, owner, (now.Unix()+ahead)/day) > l.Daily {
		return answer{code: 17, message: "Daily request limit of " + strconv.Itoa(l.Daily) + " exceeded"}, true
	}
	return answer{}, false
}

// advance counts a request in the window that begins at start and returns how
// many it has.
func advance(windows *map[string]window, owner string, start int64) int {
	if *windows == nil {
		*windows = map[string]window{}
	}
	w := (*windows)[owner]
	if w.Start != start {
		w = window{Start: start}
	}
	w.Count++
	(*windows)[owner] = w
	return w.Count
}
