package handlers

import (
	"rieltime/checkout"
	"rieltime/handlers/pages"
)

const callbacksPath = "/callbacks/" // below it each provider has its own

// Addresses returns the addresses that the routes of a server at baseURL serve.
// baseURL is as in Config.
func Addresses(baseURL string) checkout.Addresses {
	return checkout.Addresses{
		SessionPage:  baseURL + pages.SessionsPath + "{id}",
		LinkPage:     baseURL + pages.LinksPath + "{id}",
		Callback:     baseURL + callbacksPath + "{provider}/{id}",
		Return:       baseURL + pages.ReturnsPath + "{provider}/{id}",
		CardCallback: baseURL + callbacksPath + "{provider}/cards/{id}",
		CardReturn:   baseURL + pages.ReturnsPath + "{provider}/cards/{id}",
	}
}
