package providertest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"rieltime/checkout"
)

// FuzzedProvider is a provider whose answers are fuzzed.
type FuzzedProvider interface {
	checkout.Provider
	checkout.Querier
}

// FuzzAnswers has a provider's server answer anything to a payment's start and
// to the question about it, beginning with seeds; login is what it answers to
// paths that hold "token". Only 200 may start or prove a payment, what is
// proved is of this payment, and buyers are sent to web pages only.
func FuzzAnswers(f *testing.F, provider FuzzedProvider, accountAt func(address string) checkout.Account, start checkout.Start, login string, seeds ...string) {
	f.Helper()
	var answer atomic.Pointer[http.HandlerFunc]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "token") {
			_, _ = w.Write([]byte(login))
			return
		}
		(*answer.Load())(w, r)
	}))

	f.Cleanup(server.Close)
	account := accountAt(server.URL)
	statuses := []int{http.StatusOK, http.StatusAccepted, http.StatusFound, http.StatusBadRequest, http.StatusUnauthorized,
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}
	for _, seed := range seeds {
		for _, status := range []int{http.StatusOK, http.StatusNotFound} {
			f.Add(status, []byte(seed))
		}
	}

	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if !slices.Contains(statuses, status) {
			return // net/http takes no answer with it, or it is like one of these
		}
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(body)
		})
		answer.Store(&handler)
		wantStarted(t, provider, account, start, status)
		wantProved(t, provider.QueryPayment(context.Background(), account, start.Payment), start.Payment, status)
	})
}

func wantStarted(t *testing.T, provider FuzzedProvider, account checkout.Account, start checkout.Start, status int) {
	t.Helper()
	created, err := provider.CreatePayment(context.Background(), account, start)
	switch action := created.NextAction; {
	case err != nil && action.Kind != checkout.ActionNone:
		t.Errorf("%+v beside %v", action, err)
	case err != nil:
	case status != http.StatusOK:
		t.Errorf("status %d started a payment", status)
	case action.Kind == checkout.ActionRedirect && !strings.HasPrefix(action.URL, "http"):
		t.Errorf("buyers are sent to %q", action.URL)
	}
}

func wantProved(t *testing.T, answer checkout.Answer, payment checkout.Payment, status int) {
	t.Helper()
	proof := answer.Proof
	switch {
	case (answer.Verdict == checkout.VerdictPaid) != (proof != nil):
		t.Errorf("verdict %q with proof %+v", answer.Verdict, proof)
	case proof == nil:
	case status != http.StatusOK:
		t.Errorf("status %d proved a payment", status)
	case proof.Reference != payment.Reference, proof.TransactionID == "", proof.Payee == "", proof.Amount.Minor < 0, !json.Valid(proof.Raw):
		t.Errorf("proof %+v of payment %s", proof, payment.Reference)
	}
}
