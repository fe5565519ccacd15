package pages

import (
	"time"

	"rieltime/checkout"
)

// pageRequest is what a page is made for.
type pageRequest struct {
	now     time.Time
	lang    string
	chosen  string // the language that our addresses have to carry on; may be empty
	device  checkout.Device
	choose  bool // the buyer wants another method
	leaving bool // the buyer goes to the provider now
	checked bool // a page before showed "checking"
	hash    bool // the buyer types a transaction hash
	inApp   bool // the page is shown inside another app, as far as that says so
	report  bool // the buyer has reported another payment

	declined string // why the try was declined from which the buyer's browser says that it comes back

	baseURL string
	logo    func(address string) string // where the page loads a logo from
}

func (a pageRequest) logoURL(address string) string {
	if a.logo == nil {
		return ""
	}
	return a.logo(address)
}
