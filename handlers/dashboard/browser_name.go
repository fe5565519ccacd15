package dashboard

import "strings"

// known is what a part of a User-Agent means. The first that fits is meant: browsers
// also call themselves what others are called.
type known struct{ part, name string }

var (
	knownBrowsers = []known{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	knownSystems = []known{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"},
	}
)

// browserName is how people call a browser and its system: "Chrome, Android"; what the
// browser calls itself when neither is known.
func browserName(userAgent string) string {
	browser, system := firstKnown(knownBrowsers, userAgent), firstKnown(knownSystems, userAgent)
	switch {
	case browser == "" && system == "":
		return userAgent
	case browser == "" || system == "":
		return browser + system
	}
	return browser + ", " + system
}

func firstKnown(all []known, userAgent string) string {
	for _, one := range all {
		if strings.Contains(userAgent, one.part) {
			return one.name
		}
	}
	return ""
}
