package pages

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// pollQuery is the query of the address that a page polls. It says what the page
// shows, so that one SELECT finds whether that still holds.
type pollQuery struct {
	version  int       // of the session
	until    time.Time // when the page goes out of date by time alone; zero for never
	from     time.Time // when the buyer began to wait; sets the interval
	seconds  int       // between two polls
	lang     string    // the page's language
	chosen   string    // the language that the buyer chose, to be carried on; may be empty
	choose   bool      // the buyer wants another method
	currency string    // that the buyer chose for paying; may be empty
	offers   string    // fingerprint of the offered methods, see offersFingerprint; empty without offers
	checked  bool      // the page shows "checking", or that nothing was found

	codeExpires time.Time // when the code that is counted down expires; zero without one
}

// url returns the address that the page of a session polls.
func (p pollQuery) url(sessionID string) string {
	v := url.Values{
		"v":                {strconv.Itoa(p.version)},
		"from":             {strconv.FormatInt(p.from.Unix(), 10)},
		shownLanguageParam: {p.lang},
		"s":                {strconv.Itoa(p.seconds)},
	}
	if !p.until.IsZero() {
		v.Set("until", strconv.FormatInt(p.until.UnixMilli(), 10))
	}

	if !p.codeExpires.IsZero() {
		v.Set("code", strconv.FormatInt(p.codeExpires.UnixMilli(), 10))
	}

	if p.chosen != "" {
		v.Set("lang", p.chosen)
	}

	if p.choose {
		v.Set("choose", "1")
	}

	if p.currency != "" {
		v.Set("currency", p.currency)
	}

	if p.offers != "" {
		v.Set("offers", p.offers)
	}

	if p.checked {
		v.Set("checked", "1")
	}

	return pagePath(sessionID) + "/status?" + v.Encode()
}

// readPollQuery reads such a query. Anything malformed reads as a page that is
// out of date. Into a map, as net/url reads it, a poll would take a twentieth longer.
func readPollQuery(query string) pollQuery {
	p := pollQuery{version: -1}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}

		switch name {
		case shownLanguageParam:
			p.lang = value
		case "lang":
			p.chosen = value
		case "choose":
			p.choose = value == "1"
		case "currency":
			p.currency = value
		case "offers":
			p.offers = value
		case "checked":
			p.checked = value == "1"
		default:
			p.readNumber(name, value)
		}
	}

	return p
}

func (p *pollQuery) readNumber(name, value string) {
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return
	}

	switch name {
	case "v":
		p.version = int(number)
	case "s":
		p.seconds = int(number)
	case "from":
		p.from = time.Unix(number, 0)
	case "until":
		p.until = time.UnixMilli(number)
	case "code":
		p.codeExpires = time.UnixMilli(number)
	}
}

// isCurrent reports whether the page still shows the session as it is.
func (p pollQuery) isCurrent(version int, now time.Time) bool {
	return p.version == version && (p.until.IsZero() || now.Before(p.until))
}
