package templates

import (
	"strings"
	"unicode"
)

// mark is our own drawing of a bank or wallet: the letters it is known by, on
// one of the colours of app.css. It needs no request and no script; app.js puts
// the true logo in its place where it can.
type mark struct {
	letters, colour string
}

// marks are the banks and wallets of KESS, by its codes.
var marks = map[string]mark{
	"ABAAKHPP":  {"ABA", "teal"},
	"ACLBKHPP":  {"AC", "navy"},
	"ALIPAY":    {"Ali", "blue"},
	"CADIKHPP":  {"C", "red"},
	"EMONEY":    {"e", "red"},
	"FTCCKHPP":  {"FTB", "navy"},
	"GOOGLEPAY": {"G", "blue"},
	"HATHKHPP":  {"H", "teal"},
	"PPCBKHPP":  {"PPC", "navy"},
	"SBPLKHPP":  {"S", "blue"},
	"TRUEMONEY": {"TM", "red"},
	"UNIONPAY":  {"UP", "teal"},
	"UPAY":      {"U", "blue"},
	"VBLCKHPP":  {"V", "navy"},
	"WECHAT":    {"We", "green"},
	"WING":      {"W", "green"},
}

// codeIcons are those that a drawing tells better than letters.
var codeIcons = map[string]string{"VISA_MASTER": IconCard, "KHQR": IconKHQR, "KESSKHQR": IconKHQR}

// mark is m's own; none where an icon stands. One that is not known has its
// name's first letter.
func (m Method) mark() mark {
	_, code, several := strings.Cut(m.ID, ":")
	if !several || codeIcons[code] != "" || m.CardEnding != "" {
		return mark{}
	}
	if known, ok := marks[code]; ok {
		return known
	}

	for _, letter := range m.Name {
		if unicode.IsLetter(letter) {
			return mark{string(unicode.ToUpper(letter)), "grey"}
		}
	}

	return mark{}
}

// look is the class that colours m's mark or icon.
func (m Method) look() string {
	if known := m.mark(); known.letters != "" {
		return "mark-" + known.colour
	}
	return "badge-" + m.icon()
}
