package pages

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"rieltime/checkout"
)

// deviceOf recognizes phones by what the browser says about itself.
func deviceOf(h http.Header) checkout.Device {
	agent := strings.Trim(h.Get("Sec-CH-UA-Platform"), `"`) + " " + h.Get("User-Agent")
	for _, name := range []string{"iPhone", "iPad", "iPod", "iOS"} {
		if strings.Contains(agent, name) {
			return checkout.DeviceIOS
		}
	}
	if strings.Contains(agent, "Android") {
		return checkout.DeviceAndroid
	}
	return checkout.DeviceDesktop
}

// insideApp reports whether a browser looks like one inside another app, such as
// a chat. Only hints on how to leave the app depend on it.
func insideApp(userAgent string) bool {
	return containsAny(userAgent, appBrowsers) ||
		// On iPhones every real browser names its version or itself.
		(applePhone.MatchString(userAgent) && !containsAny(userAgent, ownBrowsers))
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

var (
	// Android's WebView is "; wv)", or "Version/4.0" before Chrome's version.
	appBrowsers = []string{"; wv)", "Version/4.0 Chrome/", "Telegram", "FBAN", "FBAV", "Instagram", " Line/", "MicroMessenger", "TikTok", "musical_ly", "trill_", "Bytedance"}
	ownBrowsers = []string{"Version/", "CriOS/", "FxiOS/", "EdgiOS/", "OPT/", "OPiOS/", "DuckDuckGo/", "YaBrowser/"}

	applePhone = regexp.MustCompile(`\((iPhone|iPad|iPod)\b`)
)
