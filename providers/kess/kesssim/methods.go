package kesssim

import (
	_ "embed"
	"encoding/json"
	"slices"
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

// cardMethods are the methods whose buyers enter a card.
var cardMethods = []string{"VISA_MASTER", "GOOGLEPAY"}

// findMethod finds a method by its BIC.
func findMethod(bic string) (Method, bool) {
	at := slices.IndexFunc(methods, func(m Method) bool { return m.BIC == bic })
	if at < 0 {
		return Method{}, false
	}
	return methods[at], true
}

// listMethods returns the methods of a merchant.
func (s *Simulator) listMethods(c call) any {
	listed := []Method{}
	for _, method := range methods {
		if c.account.offers(method.BIC) {
			method.LogoURL = c.base + "/logos/" + method.BIC + ".png"
			listed = append(listed, method)
		}
	}
	return listed
}
