package pages

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// payeeOf is the merchant's name as a KHQR says it (top-level tag 59), which
// is what the buyer's bank app will show; otherwise when text is no KHQR.
func payeeOf(text, otherwise string) string {
	rest := utf16.Encode([]rune(text)) // the unit that KHQR counts lengths in
	for len(rest) >= 4 {
		length, err := strconv.Atoi(string(utf16.Decode(rest[2:4])))
		if err != nil || length < 0 || len(rest) < 4+length {
			break
		}

		if string(utf16.Decode(rest[:2])) == "59" {
			if name := strings.TrimSpace(string(utf16.Decode(rest[4 : 4+length]))); name != "" {
				return name
			}
			break
		}

		rest = rest[4+length:]
	}

	return otherwise
}
