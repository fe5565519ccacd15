package pages

import (
	"net/url"
	"strconv"
	"time"
)

// poll is what a page carries in the address that it polls: what it shows, so
// that one SELECT reports whether that is still true.
type poll struct {
	version int       // of the session
	until   time.Time // when it goes out of date by time alone; zero never
	from    time.Time // since when the buyer waits; sets the pace
	seconds int       // between two polls
	lang    string    // what it is in
	chosen  string    // the language that the buyer chose, to be carried on; may be empty
	choose  bool      // the buyer wants another method
	offers  string    // marks what it offers to choose from, see offersMark; empty when nothing
	checked bool      // it shows "checking", or that nothing was found

	codeEnds time.Time // when the code that it counts down runs out; zero without one
}

func (p poll) url(sessionID string) string {
	v := url.Values{
		"v":           {strconv.Itoa(p.version)},
		"from":        {strconv.FormatInt(p.from.Unix(), 10)},
		shownLanguage: {p.lang},
		"s":           {strconv.Itoa(p.seconds)},
	}
	if !p.until.IsZero() {
		v.Set("until", strconv.FormatInt(p.until.UnixMilli(), 10))
	}

	if !p.codeEnds.IsZero() {
		v.Set("code", strconv.FormatInt(p.codeEnds.UnixMilli(), 10))
	}

	if p.chosen != "" {
		v.Set("lang", p.chosen)
	}

	if p.choose {
		v.Set("choose", "1")
	}

	if p.offers != "" {
		v.Set("offers", p.offers)
	}

	if p.checked {
		v.Set("checked", "1")
	}

	return pagePath(sessionID) + "/status?" + v.Encode()
}

// readPoll reads such an address. What is not a number reads as a page out of
// date.
func readPoll(v url.Values) poll {
	p := poll{version: -1, lang: v.Get(shownLanguage), chosen: v.Get("lang"), choose: v.Get("choose") == "1", offers: v.Get("offers"), checked: v.Get("checked") == "1"}
	if version, err := strconv.Atoi(v.Get("v")); err == nil {
		p.version = version
	}

	if seconds, err := strconv.Atoi(v.Get("s")); err == nil {
		p.seconds = seconds
	}

	if from, err := strconv.ParseInt(v.Get("from"), 10, 64); err == nil {
		p.from = time.Unix(from, 0)
	}

	if until, err := strconv.ParseInt(v.Get("until"), 10, 64); err == nil {
		p.until = time.UnixMilli(until)
	}

	if ends, err := strconv.ParseInt(v.Get("code"), 10, 64); err == nil {
		p.codeEnds = time.UnixMilli(ends)
	}

	return p
}

func (p poll) current(version int, now time.Time) bool {
	return p.version == version && (p.until.IsZero() || now.Before(p.until))
}
