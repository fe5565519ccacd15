// Package simulator is what the providers' simulators have in common: a state
// that outlives them in a file, requests read strictly, answers in JSON and
// pages of their own.
package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
)

const maxBody = 1 << 20

// Load reads a state that Save wrote into state, which keeps what it has where
// there is no such file, or no path.
func Load(path string, state any) error {
	if path == "" {
		return nil
	}

	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, state); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}

	return nil
}

// Save writes a state as JSON and replaces the file at once, so that a stop in
// between leaves the old one. Without a path it does nothing.
func Save(path string, state any) error {
	if path == "" {
		return nil
	}

	text, err := json.Marshal(state)
	if err != nil {
		return err
	}

	fresh := path + ".new"
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return err
	}

	return os.Rename(fresh, path)
}

// ReadBody reads a request's body, of a megabyte at most, and puts it back. It
// is nil when it breaks off.
func ReadBody(r *http.Request) []byte {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// DecodeStrict reports whether text is one JSON value, with no field that into
// does not have, and fills into.
func DecodeStrict(text []byte, into any) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil {
		return false
	}
	_, err := decoder.Token()
	return errors.Is(err, io.EOF)
}

// WriteJSON answers with body.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// WritePage answers with a page, which runs no script and loads nothing from
// elsewhere.
func WritePage(w http.ResponseWriter, status int, pages *template.Template, name string, view any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, view); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// Newest finds the last of all that matches, in place; nil when none does.
func Newest[T any](all []T, matches func(*T) bool) *T {
	for i := len(all) - 1; i >= 0; i-- {
		if matches(&all[i]) {
			return &all[i]
		}
	}
	return nil
}
