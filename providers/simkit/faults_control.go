package simkit

import (
	"errors"
	"net/http"
	"regexp"
)

// Control serves /control/faults: GET returns the hits by kind, POST adds a
// Fault, DELETE removes all.
func (i *Injector) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			WriteJSON(w, http.StatusOK, i.Hits())
		case http.MethodPost:
			var f Fault
			err := DecodeStrict(ReadBody(r), &f)
			if err == nil {
				err = f.check()
			}

			if err != nil {
				http.Error(w, "invalid fault: "+err.Error(), http.StatusBadRequest)
				return
			}

			i.Add(f)
			w.WriteHeader(http.StatusNoContent)

		case http.MethodDelete:
			i.Clear()
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

// check returns an error for a fault that could not be applied.
func (f Fault) check() error {
	switch f.Kind {
	case FaultDelay, FaultTimeout, FaultReset, FaultMalformed, FaultCut:
	case FaultAlter:
		if err := f.checkPattern(); err != nil {
			return err
		}

	case FaultStatus:
		if f.Status < 200 || f.Status > 599 {
			return errors.New("status must be from 200 to 599")
		}

	default:
		return errors.New("kind must be delay, timeout, reset, status, malformed, cut or alter")
	}

	if f.Delay < 0 || f.Count < 0 || f.Rate < 0 || f.Rate > 1 {
		return errors.New("delay_ms and count must not be negative, rate must be from 0 to 1")
	}

	return nil
}

func (f Fault) checkPattern() error {
	_, err := regexp.Compile(f.Pattern)
	if err != nil || f.Pattern == "" {
		return errors.New("pattern must be a regular expression")
	}
	return nil
}
