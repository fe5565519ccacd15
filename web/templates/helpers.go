package templates

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

func (p Page) lang() string {
	if slices.Contains(Languages, p.Lang) {
		return p.Lang
	}
	return Languages[0]
}

func (p Page) t(key string, args ...string) string {
	return T(p.lang(), key, args...)
}

// refresh returns the content of a meta refresh.
func (p Page) refresh() string {
	content := strconv.Itoa(p.RefreshSeconds)
	if p.RefreshURL != "" {
		content += ";url=" + string(templ.URL(p.RefreshURL))
	}
	return content
}

// languageURL returns the URL of this page in another language.
func (p Page) languageURL(lang string) string {
	path, query, _ := strings.Cut(p.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	values.Set("lang", lang)
	if strings.HasPrefix(path, "//") || strings.HasPrefix(path, `/\`) { // a browser would read another host
		path = ""
	}
	return path + "?" + values.Encode()
}

func (c Checkout) page() Page {
	p := c.Page
	if p.Title == "" {
		p.Title = c.pageTitle()
	}
	return p
}

func (c Checkout) pageTitle() string {
	return c.t("page.title", "state", c.stateTitle(), "merchant", c.Merchant.Name)
}

// announcement returns the text that screen readers read out for a new state.
func (c Checkout) announcement() string {
	text := c.stateTitle()
	if c.Notice != nil {
		text += " " + c.Notice.Text
	}
	if c.Limit != nil && c.Limit.Near {
		text += " " + c.limitText()
	}
	return text
}

// limitText says when the time to pay ends and, near the end, what to do.
func (c Checkout) limitText() string {
	key := "limit.until"
	switch {
	case c.Limit.Near && c.Limit.ExtendURL != "":
		key = "limit.near"
	case c.Limit.Near:
		key = "limit.fixed"
	}
	return c.t(key, "time", c.Limit.Until)
}

// price is what the order asks for, in its own currency.
func (c Checkout) price() string {
	if c.Currencies != nil {
		return c.Currencies.Price
	}
	return c.Amount
}

// rateText is the rate that the session was made with and, while it can be paid, until
// when it holds.
func (c Checkout) rateText() string {
	if c.Currencies.Until == "" {
		return c.Currencies.Rate
	}
	return c.t("currency.rate", "rate", c.Currencies.Rate, "time", c.Currencies.Until)
}

func (c Checkout) stateTitle() string {
	return c.t("state."+c.stateKey()+".title", "provider", c.providerName())
}

func (c Checkout) stateText() string {
	return c.t("state."+c.stateKey()+".text", "merchant", c.Merchant.Name)
}

// stateKey returns the state's part of catalogue keys. A choice without any
// available method has its own texts.
func (c Checkout) stateKey() string {
	if c.State == StateChoosing && !c.choosable() {
		return "no_method"
	}
	return string(c.State)
}

// choosable reports whether any method can be chosen.
func (c Checkout) choosable() bool {
	return slices.ContainsFunc(c.Methods, func(m Method) bool { return m.Available })
}

// hashText is a text about the field for a transaction hash: the second where it takes a
// bank's reference too.
func (c Checkout) hashText(key, withReference string, args ...string) string {
	if c.AskReference {
		key = withReference
	}
	return c.t(key, args...)
}

func (c Checkout) providerName() string {
	switch {
	case c.FormPost != nil:
		return c.FormPost.ProviderName
	case c.Redirect != nil:
		return c.Redirect.ProviderName
	case c.App != nil:
		return c.App.Name
	}
	return ""
}

func (f Failure) state() State {
	switch f.State {
	case StateNotFound, StateBusy:
		return f.State
	}
	return StateBroken
}

func (f Failure) text() string {
	return f.t("state."+string(f.state())+".text", "wait", f.Wait)
}

func (f Failure) sign() string {
	if f.state() == StateBusy {
		return "clock"
	}
	return "no"
}

func (f Failure) page() Page {
	p := f.Page
	if p.Title == "" {
		p.Title = p.t("state." + string(f.state()) + ".title")
	}
	return p
}

func (p Poll) trigger() string {
	return "load delay:" + strconv.Itoa(p.Seconds) + "s, poll"
}

func (p Poll) seconds() string {
	return strconv.Itoa(p.Seconds)
}

func (m Method) icon() string {
	return cmp.Or(m.Icon, IconBank)
}

func (c Checkout) methodName(m Method) string {
	if m.CardEnding != "" {
		return c.t("method.card.ending", "name", m.Name, "ending", m.CardEnding)
	}
	if m.Name != "" {
		return m.Name
	}
	if text, ok := catalogues.Lookup(c.lang(), "method."+m.ID+".name"); ok {
		return text
	}
	return m.ID
}

func (c Checkout) methodHint(m Method) string {
	if m.CardEnding != "" {
		return c.t("method.card.hint")
	}
	if m.Hint != "" {
		return m.Hint
	}
	if text, ok := catalogues.Lookup(c.lang(), "method."+m.ID+".hint"); ok {
		return text
	}
	return c.t("method.other.hint", "name", c.methodName(m))
}

func (c Checkout) methodWhy(m Method) string {
	if m.Why != "" {
		return m.Why
	}
	return c.t("method.down")
}

// input is a labelled field of a method's form.
type input struct {
	Field
	id, name, label, kind, autocomplete string
	first                               bool // the first invalid field
}

// detailFields are the fields of a method's form, in order.
var detailFields = []struct{ name, kind string }{{"name", "text"}, {"email", "email"}, {"phone", "tel"}}

func (c Checkout) detailsOf(m Method) []input {
	var all []input
	marked := false
	for _, f := range detailFields {
		field := c.fieldOf(m, f.name, f.kind)
		field.first = field.Error != "" && !marked
		marked = marked || field.first
		all = append(all, field)
	}
	return all
}

// wrongFields returns the invalid fields of the open form.
func (c Checkout) wrongFields() []input {
	if c.Customer.Method == "" {
		return nil
	}
	return slices.DeleteFunc(c.detailsOf(Method{ID: c.Customer.Method}), func(f input) bool { return f.Error == "" })
}

func (c Checkout) fieldOf(m Method, name, kind string) input {
	field := map[string]Field{
		"name":  c.Customer.Name,
		"email": c.Customer.Email,
		"phone": c.Customer.Phone,
	}[name]
	if c.Customer.Method != "" && c.Customer.Method != m.ID {
		field.Error = ""
	}

	autocomplete := name
	if name == "phone" {
		autocomplete = "tel"
	}

	return input{
		Field: field, id: m.ID + "-" + name, name: name, kind: kind,
		label: c.t("field." + name), autocomplete: autocomplete,
	}
}

func number(n int) string {
	return strconv.Itoa(n)
}

// initial returns the letter shown instead of a missing logo.
func initial(name string) string {
	for _, letter := range name {
		return strings.ToUpper(string(letter))
	}
	return ""
}

// formURL returns the target of a form. Anything but http, https and paths is made
// harmless.
func formURL(address string) templ.SafeURL {
	return templ.URL(address)
}

// deepLink returns address when it opens a page, or an app by a scheme of its own.
// It returns "" for schemes that a browser would run, read or show itself.
func deepLink(address string) templ.SafeURL {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || slices.Contains(browserSchemes, u.Scheme) {
		return ""
	}
	return templ.SafeURL(address)
}

// browserIntent returns a link that Android opens in the device's browser, or ""
// for anything but a web address.
func browserIntent(address string) templ.SafeURL {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return templ.SafeURL("intent://" + u.Host + u.EscapedPath() + "#Intent;scheme=" + u.Scheme + ";action=android.intent.action.VIEW;end")
}

var browserSchemes = []string{
	"", "javascript", "vbscript", "data", "blob", "file", "filesystem", "ftp", "about", "view-source",
	"chrome", "intent", "android-app", "content", "ws", "wss",
}

var (
	phonePattern = regexp.MustCompile(`^[+(]?[0-9][0-9 ()-]{5,20}$`)
	emailPattern = regexp.MustCompile(`^[^\s@:/?&]+@[^\s@:/?&]+\.[^\s@:/?&]+$`)

	withoutPhonePunctuation = strings.NewReplacer(" ", "", "(", "", ")", "", "-", "")
)

// contactURL returns the link for a support contact, or "" for plain text.
func contactURL(contact string) string {
	switch {
	case strings.HasPrefix(contact, "https://"), strings.HasPrefix(contact, "http://"):
		return contact
	case emailPattern.MatchString(contact):
		return "mailto:" + contact
	case phonePattern.MatchString(contact):
		return "tel:" + withoutPhonePunctuation.Replace(contact)
	}
	return ""
}
