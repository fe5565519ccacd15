package static

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

const (
	themePrefix  = Prefix + "theme/"
	lightSurface = 0xf2f4f7 // --page of app.css, the darker of the light ones
	darkSurface  = 0x1a1f27 // --surface in the dark, the lighter of the dark ones
	textContrast = 4.5      // WCAG 2.2, 1.4.3
)

var accentPattern = regexp.MustCompile(`^#?[0-9a-fA-F]{6}$`)

// ThemeURL is the stylesheet of a merchant's accent colour, "#rrggbb". Colours
// too pale or too dark to be read are moved until their contrast reaches WCAG
// AA. Anything that is no colour is empty: the page keeps its own.
func ThemeURL(accent string) string {
	if !accentPattern.MatchString(accent) {
		return ""
	}
	return themePrefix + strings.ToLower(strings.TrimPrefix(accent, "#")) + ".css"
}

func theme(path string) (asset, bool) {
	name, isTheme := strings.CutPrefix(path, themePrefix)
	digits, isCSS := strings.CutSuffix(name, ".css")
	if !isTheme || !isCSS || ThemeURL(digits) != path {
		return asset{}, false
	}

	light, dark, ok := AccentColours(digits)
	if !ok {
		return asset{}, false
	}
	css := fmt.Sprintf(":root{%s}@media screen and (prefers-color-scheme:dark){:root{%s}}\n",
		light.declarations(), dark.declarations())
	return asset{contentType: contentTypes[".css"], plain: []byte(css)}, true
}

// Colours are those of a main button, and of the page that it is on, as "#rrggbb".
type Colours struct{ Page, Accent, OnAccent string }

// AccentColours are the colours that ThemeURL's stylesheet makes of an accent, in the light
// and in the dark; ok is false for what is no colour.
func AccentColours(accent string) (light, dark Colours, ok bool) {
	if !accentPattern.MatchString(accent) {
		return light, dark, false
	}
	value, err := strconv.ParseUint(strings.TrimPrefix(accent, "#"), 16, 32)
	if err != nil {
		return light, dark, false
	}
	light = coloursOn(lightSurface, readable(rgb(value), lightSurface, 0x000000))
	dark = coloursOn(darkSurface, readable(rgb(value), darkSurface, 0xffffff))
	return light, dark, true
}

func coloursOn(page, accent rgb) Colours {
	on := rgb(0xffffff)
	if contrast(accent, on) < textContrast {
		on = 0x000000
	}
	return Colours{page.text(), accent.text(), on.text()}
}

func (c Colours) declarations() string {
	return "--accent:" + c.Accent + ";--on-accent:" + c.OnAccent
}

type rgb uint32

func (c rgb) text() string { return fmt.Sprintf("#%06x", uint32(c)) }

func (c rgb) channels() [3]float64 {
	return [3]float64{float64(c >> 16 & 255), float64(c >> 8 & 255), float64(c & 255)}
}

// readable moves c towards a pole, black or white, until it can be read on
// surface.
func readable(c, surface, pole rgb) rgb {
	const steps = 32
	for i := range steps {
		mixed := mix(c, pole, float64(i)/steps)
		if contrast(mixed, surface) >= textContrast {
			return mixed
		}
	}
	return pole
}

func mix(a, b rgb, share float64) rgb {
	var out rgb
	from, to := a.channels(), b.channels()
	for i := range from {
		out = out<<8 | rgb(math.Round(from[i]+(to[i]-from[i])*share))
	}
	return out
}

// contrast is the WCAG 2 contrast ratio, 1 to 21.
func contrast(a, b rgb) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

// luminance is the WCAG 2 relative luminance.
func luminance(c rgb) float64 {
	weights := [3]float64{0.2126, 0.7152, 0.0722}
	sum := 0.0
	for i, channel := range c.channels() {
		channel /= 255
		if channel <= 0.04045 {
			channel /= 12.92
		} else {
			channel = math.Pow((channel+0.055)/1.055, 2.4)
		}

		sum += weights[i] * channel
	}

	return sum
}
