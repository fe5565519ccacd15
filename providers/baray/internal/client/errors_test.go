package client

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestDocumentedErrorsKeepStatusAndText(t *testing.T) {
	var cases []struct {
		Status int
		Body   json.RawMessage
	}
	if err := json.Unmarshal(fixture(t, "errors.json"), &cases); err != nil {
		t.Fatal(err)
	}

	for _, tc := range cases {
		client, _ := serve(t, tc.Status, tc.Body)
		_, err := client.Pay(t.Context(), testOrderOf())
		var refused *Error
		if !errors.As(err, &refused) || refused.Status != tc.Status {
			t.Fatalf("Pay = %v, want an Error of status %d", err, tc.Status)
		}

		text, err := json.Marshal(map[string]string{"error": refused.Text})
		if err != nil {
			t.Fatal(err)
		}

		sameJSON(t, text, tc.Body)
	}
}
