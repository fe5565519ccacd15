package kesssim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Method is a bank, wallet or card network.
type Method struct {
	ID        int             `json:"id"`
	Title     string          `json:"title"`
	LogoURL   string          `json:"img_url"`
	BIC       string          `json:"bic"`
	StoreLink json.RawMessage `json:"storelink"`
}

//go:embed methods.json
var methodsJSON []byte

// methods are those of the document, in its order.
var methods = func() []Method {
	var all []Method
	if err := json.Unmarshal(methodsJSON, &all); err != nil {
		panic(err) // an embedded file
	}
	return all
}()

// cards are the methods whose buyers enter a card.
var cards = []string{"VISA_MASTER", "GOOGLEPAY"}

func findMethod(bic string) (Method, bool) {
	at := slices.IndexFunc(methods, func(m Method) bool { return m.BIC == bic })
	if at < 0 {
		return Method{}, false
	}
	return methods[at], true
}

// has reports whether a merchant has a method.
func (a Account) has(bic string) bool {
	return len(a.Methods) == 0 || slices.Contains(a.Methods, bic)
}

func (s *Simulator) listMethods(c call) any {
	listed := []Method{}
	for _, method := range methods {
		if c.account.has(method.BIC) {
			method.LogoURL = c.base + "/logos/" + method.BIC + ".png"
			listed = append(listed, method)
		}
	}
	return listed
}

// showLogo draws a method's sign: for the merchant's page as PNG, for the
// simulator's own pages its initials on a colour of its own.
func (s *Simulator) showLogo(w http.ResponseWriter, r *http.Request) {
	bic, extension, _ := strings.Cut(r.PathValue("file"), ".")
	method, known := findMethod(bic)
	if !known {
		http.NotFound(w, r)
		return
	}

	if extension == "png" {
		picture, err := drawLogo(method.ID)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}

		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture) // fails only when the client has gone
		return
	}

	initials := ""
	for _, word := range strings.FieldsFunc(method.Title, func(r rune) bool { return r == ' ' || r == '/' || r == '-' }) {
		initials += strings.ToUpper(word[:1])
	}

	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="%s">`+
		`<rect width="48" height="48" rx="10" fill="hsl(%d 55%% 32%%)"/>`+
		`<text x="24" y="31" text-anchor="middle" font-family="sans-serif" font-size="18" font-weight="700" fill="#fff">%s</text></svg>`,
		method.Title, method.ID*47%360, initials[:min(2, len(initials))])
}
