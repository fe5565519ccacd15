package api

import (
	"encoding/json"
	"testing"

	"rieltime/handlers/internal/failure"
)

func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"amount":"1","metadata":{"a":"b"}}`, `{"a":1,"a":2}`, `[[[]]]`, `{"line_items":[{"amount":1}]}`, "{", `{"a":null}{}`} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := readSessionParams(body)
		if err == nil && !json.Valid(body) {
			t.Errorf("took %q", body)
		}
		if err != nil && failure.Of(err).Status != 400 {
			t.Errorf("%q: %v", body, err)
		}
	})
}
