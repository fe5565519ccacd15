package templates

import (
	"strings"
	"unicode"
)

// bankBadge is our drawing of a bank or wallet: its initials on one of the colours
// of app.css. It needs no request and no script. app.js replaces it with the real
// logo where it can.
type bankBadge struct {
	letters, colour string
}

// bankBadges are the badges of banks, by their BICs, and of wallets.
var bankBadges = map[string]bankBadge{
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

// bankBadge returns m's badge, empty when m has an icon. An unknown bank gets the
// first letter of its name.
func (m Method) bankBadge() bankBadge {
	_, code, several := strings.Cut(m.ID, ":")
	if !several || m.Icon != "" {
		return bankBadge{}
	}
	if known, ok := bankBadges[code]; ok {
		return known
	}

	for _, letter := range m.Name {
		if unicode.IsLetter(letter) {
			return bankBadge{string(unicode.ToUpper(letter)), "grey"}
		}
	}

	return bankBadge{}
}

// badgeClass returns the CSS class of m's badge or icon.
func (m Method) badgeClass() string {
	if known := m.bankBadge(); known.letters != "" {
		return "mark-" + known.colour
	}
	return "badge-" + m.icon()
}
