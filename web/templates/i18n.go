package templates

import (
	"cmp"
	"embed"
	"strings"

	"rieltime/web/accept"
	"rieltime/web/catalogue"
)

//go:embed locales/*.json
var localeFiles embed.FS

// Languages are the languages of the page, the default one first.
var Languages = []string{"km", "en", "zh"}

var languageNames = map[string]string{"km": "ខ្មែរ", "en": "English", "zh": "中文"}

// LanguageName is the name of a language in itself.
func LanguageName(lang string) string { return languageNames[lang] }

var catalogues = catalogue.MustLoad(localeFiles, Languages)

// T is the text of key in lang; args as in [catalogue.Catalogue.Text].
func T(lang, key string, args ...string) string { return catalogues.Text(lang, key, args...) }

// MatchLanguage picks the page's language from a list of wishes, the strongest
// first: language tags ("zh-Hans-CN") or whole Accept-Language headers, read by
// their weights. A wish for any language ("*") takes the first of ours that it
// does not name otherwise; one that only refuses takes the first that it leaves.
// Khmer when nothing fits.
func MatchLanguage(wishes ...string) string {
	named := map[string]bool{}
	for _, wish := range wishes {
		choices := accept.Choices(wish)
		for _, choice := range choices {
			named[baseLanguage(choice.Value)] = true
		}

		for _, choice := range choices {
			base := baseLanguage(choice.Value)
			_, ours := catalogues[base]
			switch {
			case choice.Weight == 0:
			case ours:
				return base
			case choice.Value == accept.Any && firstBut(named) != "":
				return firstBut(named)
			}
		}
	}

	return cmp.Or(firstBut(named), Languages[0])
}

// baseLanguage is "zh" of "zh-Hans-CN" and of "zh_TW".
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return base
}

// firstBut is the first of our languages that is not named; empty when all are.
func firstBut(named map[string]bool) string {
	for _, lang := range Languages {
		if !named[lang] {
			return lang
		}
	}
	return ""
}

// NoticeCode names a notice of the catalogue, "notice.<code>".
type NoticeCode string

// The notices a handler can put above a page.
const (
	NoticeMethodDown   NoticeCode = "method_down"   // {method}
	NoticeNotYet       NoticeCode = "not_yet"       // "I have paid", but nothing was found
	NoticeUnreachable  NoticeCode = "unreachable"   // the provider gives no answer
	NoticeDeclined     NoticeCode = "declined"      // {reason}; the provider takes another try
	NoticeDelayed      NoticeCode = "delayed"       // no question could be asked for a while
	NoticeFields       NoticeCode = "fields"        // the buyer's fields need correcting
	NoticePickMethod   NoticeCode = "pick_method"   // no method, or one that is not offered
	NoticeTooFast      NoticeCode = "too_fast"      // {wait}; too many attempts
	NoticeFormStale    NoticeCode = "form_stale"    // the form was from an older page
	NoticeOtherPayment NoticeCode = "other_payment" // an earlier attempt may still be paid
	NoticeStartUnknown NoticeCode = "start_unknown" // the provider has not said whether it has begun the attempt

	NoticeReported      NoticeCode = "reported"       // {merchant}; a payment besides the one that counts
	NoticeReportMissing NoticeCode = "report_missing" // {merchant}; none was found
	NoticeHashInvalid   NoticeCode = "hash_invalid"   // what was typed is no transaction hash
	NoticeHashLimit     NoticeCode = "hash_limit"     // {merchant}; too many were typed

	NoticeClaimKept NoticeCode = "claim_kept" // what was typed is looked up later

	NoticeReferenceInvalid  NoticeCode = "reference_invalid"  // what was typed is neither a hash nor a bank's reference
	NoticeReferencesRefused NoticeCode = "references_refused" // {merchant}; bank references cannot be looked up now

	NoticeSoldOut NoticeCode = "sold_out"        // every use of the payment link is paid or being paid
	NoticeHeld    NoticeCode = "held"            // too many of them from the buyer's own address
	NoticeNoWay   NoticeCode = "nothing_payable" // {merchant}; no method can take the amount
)

var noticeKinds = map[NoticeCode]Kind{
	NoticeMethodDown:   KindWarning,
	NoticeNotYet:       KindInfo,
	NoticeUnreachable:  KindWarning,
	NoticeStartUnknown: KindWarning,
	NoticeDeclined:     KindProblem,
	NoticeDelayed:      KindWarning,
	NoticeFields:       KindProblem,
	NoticePickMethod:   KindProblem,
	NoticeNoWay:        KindWarning,
	NoticeSoldOut:      KindWarning,
	NoticeHeld:         KindWarning,
	NoticeTooFast:      KindWarning,
	NoticeFormStale:    KindWarning,
	NoticeOtherPayment: KindWarning,

	NoticeReported: KindInfo, NoticeReportMissing: KindWarning, NoticeHashInvalid: KindProblem, NoticeHashLimit: KindWarning,
	NoticeClaimKept: KindInfo, NoticeReferenceInvalid: KindProblem, NoticeReferencesRefused: KindWarning,
}

// NewNotice is the notice of code in lang; args as in [T].
func NewNotice(lang string, code NoticeCode, args ...string) *Notice {
	kind, ok := noticeKinds[code]
	if !ok {
		kind = KindInfo
	}
	return &Notice{Kind: kind, Text: T(lang, "notice."+string(code), args...)}
}

// The reasons of a failed payment that have a text of their own, "reason.<code>"
// in the catalogue; any other code reads as ReasonUnknown.
const (
	ReasonDeclined       = "declined"
	ReasonFunds          = "insufficient_funds"
	ReasonLimit          = "limit_exceeded"
	ReasonTooSmall       = "amount_too_small"
	ReasonCardWrong      = "card_details_wrong"
	ReasonAuthentication = "authentication_failed"
	ReasonName           = "customer_name_invalid"
	ReasonEmail          = "customer_email_invalid"
	ReasonPhone          = "customer_phone_invalid"
	ReasonCanceled       = "canceled"
	ReasonExpired        = "expired"
	ReasonBusy           = "provider_busy"
	ReasonUnreachable    = "unreachable"
	ReasonTryOther       = "try_other_method"
	ReasonContact        = "contact_merchant"
	ReasonUnknown        = "unknown"
)

// nextSteps are what a buyer is advised to do after each reason, "step.<name>"
// in the catalogue.
var nextSteps = map[string]string{
	ReasonDeclined: "retry", ReasonFunds: "funds", ReasonLimit: "other", ReasonTooSmall: "other",
	ReasonCardWrong: "card", ReasonAuthentication: "confirm",
	ReasonName: "details", ReasonEmail: "details", ReasonPhone: "details",
	ReasonCanceled: "retry", ReasonExpired: "retry", ReasonBusy: "wait", ReasonUnreachable: "wait",
	ReasonTryOther: "other", ReasonContact: "contact", ReasonUnknown: "retry",
}

// HasReason reports whether a code has a text of its own.
func HasReason(code string) bool { return nextSteps[code] != "" }

func (c Checkout) reason() string {
	if HasReason(c.Reason) {
		return c.Reason
	}
	return ReasonUnknown
}

func (c Checkout) reasonText() string { return c.t("reason." + c.reason()) }

func (c Checkout) nextStep() string {
	return c.t("step."+nextSteps[c.reason()], "merchant", c.Merchant.Name)
}
