package simkit

import (
	"errors"
	"net/http"
)

// HandleControl adds the control API that all simulators share to mux, for
// tests and demonstrations:
//
//	GET, POST, DELETE /control/faults     see Injector.Control
//	GET, POST, DELETE /control/callbacks  see CallbackSender.Control
//	GET               /control/ledger     ledger, a pointer, as JSON
func (k *Kit) HandleControl(mux *http.ServeMux, ledger any) {
	mux.Handle("/control/faults", k.Faults.Control())
	mux.Handle("/control/callbacks", k.Callbacks.Control())
	mux.HandleFunc("GET /control/ledger", func(w http.ResponseWriter, _ *http.Request) {
		k.Mu.Lock()
		defer k.Mu.Unlock()
		WriteJSON(w, http.StatusOK, ledger)
	})
}

// CommandError is why a command of the control API cannot be done, with the
// HTTP status to answer.
type CommandError struct {
	Status int
	Text   string
}

func (e *CommandError) Error() string { return e.Text }

// Command serves a command of the control API: it decodes the body into in,
// calls do with the lock held, saves the state and answers 204. The answer is
// 400 for a body that does not decode, the status of a CommandError, and 409
// for any other error of do.
func (k *Kit) Command(w http.ResponseWriter, r *http.Request, in any, do func() error) {
	if err := DecodeStrict(ReadBody(r), in); err != nil {
		http.Error(w, "invalid body: "+err.Error(), http.StatusBadRequest)
		return
	}

	k.Mu.Lock()
	defer k.Mu.Unlock()

	if err := do(); err != nil {
		status := http.StatusConflict
		if refused, ok := errors.AsType[*CommandError](err); ok {
			status = refused.Status
		}
		http.Error(w, err.Error(), status)
		return
	}
	if err := k.Save(); err != nil {
		http.Error(w, "the state cannot be saved", http.StatusInternalServerError)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

// HandleAccounts adds POST /control/accounts to mux, which adds an account or
// replaces it. check returns why an account is invalid, which answers 400.
func HandleAccounts[Account any](mux *http.ServeMux, check, set func(Account) error) {
	mux.HandleFunc("POST /control/accounts", func(w http.ResponseWriter, r *http.Request) {
		var account Account
		err := DecodeStrict(ReadBody(r), &account)
		if err == nil {
			err = check(account)
		}
		if err != nil {
			http.Error(w, "invalid account: "+err.Error(), http.StatusBadRequest)
			return
		}

		if err := set(account); err != nil {
			http.Error(w, "the state cannot be saved", http.StatusInternalServerError)
			return
		}

		w.WriteHeader(http.StatusNoContent)
	})
}
