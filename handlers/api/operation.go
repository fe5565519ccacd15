package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// operation is what a POST does. Its result is sent by idempotent, which may also
// keep it for when the request is sent again.
type operation struct {
	carryOut postHandler
	leased   bool // carryOut has the request to itself, and idempotent keeps its result
}

// postHandler carries out a POST for the merchant and mode of the request's key.
type postHandler func(echo.Context, checkout.APIKey) (checkout.RequestResult, error)

// leased is an operation of several steps. An idempotent request is leased
// meanwhile, so that no other process carries it out too.
func leased(handle postHandler) operation { return operation{carryOut: handle, leased: true} }

// atomic is an operation that stores its result itself, in the transaction that
// makes its object. It needs no lease, which would cost two more transactions:
// of two that run at once, the second finds the result of the first.
func atomic(handle postHandler) operation { return operation{carryOut: handle} }

// created is the result of a POST that made an object, whose id it names.
func created(id string, object any) (checkout.RequestResult, error) {
	return checkout.NewRequestResult(checkout.EffectCreated, id, object)
}

// changed is the result of a POST that changed an object.
func changed(object any) (checkout.RequestResult, error) {
	return checkout.NewRequestResult(checkout.EffectChanged, "", object)
}

// queued is the result of a POST whose work is done later.
func queued(object any) (checkout.RequestResult, error) {
	return checkout.NewRequestResult(checkout.EffectQueued, "", object)
}

var statusOfEffect = map[checkout.Effect]int{
	checkout.EffectCreated: http.StatusCreated,
	checkout.EffectFound:   http.StatusOK,
	checkout.EffectChanged: http.StatusOK,
	checkout.EffectQueued:  http.StatusAccepted,
}

// sendResult answers a POST. What was created or found is at its id below the
// route that creates it.
func sendResult(c echo.Context, result checkout.RequestResult) error {
	if result.ObjectID != "" {
		c.Response().Header().Set(echo.HeaderLocation, c.Path()+"/"+result.ObjectID)
	}
	return c.Blob(statusOfEffect[result.Effect], echo.MIMEApplicationJSON, result.Body)
}
