package kesssim

import (
	"net/http"

	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// failure is an error answer. The document lists its codes but not its JSON:
// this shape, with the number as the HTTP status, is a choice.
type failure struct {
	status  int
	message string
	errors  map[string][]string
}

// messages are the document's texts of the error codes.
var messages = map[int]string{
	http.StatusBadRequest: "Validation error.", http.StatusUnauthorized: "Unauthenticated.",
	http.StatusForbidden: "Access denied.", http.StatusNotFound: "Record not found.",
	http.StatusConflict: "Existing record found.", 419: "Requesting record was expired.",
	http.StatusUnprocessableEntity: "Sub-process failed.", http.StatusInternalServerError: "Internal server error.",
	http.StatusServiceUnavailable: "Feature is under maintenance.", http.StatusGatewayTimeout: "Gateway time-out.",
}

// refuse returns a failure, about a field when one is named.
func refuse(status int, field, what string) *failure {
	f := &failure{status: status, message: messages[status]}
	if field != "" {
		f.errors = map[string][]string{field: {field + " " + what}}
	}
	return f
}

// writeAnswer writes an OAuth answer, an envelope or a failure.
func writeAnswer(w http.ResponseWriter, body any) {
	status := http.StatusOK
	if f, failed := body.(*failure); failed {
		status = f.status
		envelope := map[string]any{
			"success": false, "status_code": f.status, "code": client.Statuses[f.status], "message": f.message,
		}
		if f.errors != nil {
			envelope["errors"] = f.errors
		}

		body = envelope
	}

	simkit.WriteJSON(w, status, body)
}
