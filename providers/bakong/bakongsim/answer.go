package bakongsim

import (
	"net/http"

	"rieltime/providers/simkit"
)

// envelope is every answer of the protocol.
type envelope struct {
	Response int    `json:"responseCode"`
	Message  string `json:"responseMessage"`
	Error    *int   `json:"errorCode"`
	Data     any    `json:"data"`
}

// answer is an endpoint's answer.
type answer struct {
	code    int // errorCode; 0: success
	message string
	data    any
	status  int // HTTP status; 0: the code's own
}

var codeMessages = map[int]string{
	1:  "Transaction could not be found. Please check and try again.",
	2:  "Sorry, the system does not support static QR code.",
	3:  "Transaction failed.",
	4:  "Error occurred on requesting deeplink from provider.",
	5:  "Missing required fields.",
	6:  "Unauthorized",
	7:  "Email server has been down.",
	8:  "Email has been registered already.",
	9:  "Cannot connect to server. Please try again later.",
	10: "Not registered yet.",
	11: "Account ID not found",
	12: "Account ID is invalid.",
	17: "Daily request limit exceeded.",
}

// codeStatus is the HTTP status of the codes that do not come with 200.
var codeStatus = map[int]int{
	5: http.StatusBadRequest,
	6: http.StatusUnauthorized,
	7: http.StatusInternalServerError,
	9: http.StatusInternalServerError,
}

// fails returns the answer with an errorCode.
func fails(code int) answer { return answer{code: code} }

func (a answer) write(w http.ResponseWriter) {
	out := envelope{Message: a.message, Data: a.data}
	status := http.StatusOK
	if a.code != 0 {
		out.Response, out.Error = 1, &a.code
		if out.Message == "" {
			out.Message = codeMessages[a.code]
		}

		if s, other := codeStatus[a.code]; other {
			status = s
		}
	}

	if a.status != 0 {
		out.Response, status = 1, a.status
	}

	simkit.WriteJSON(w, status, out)
}

// within reports whether text has least to most characters.
func within(text string, least, most int) bool {
	n := len([]rune(text))
	return n >= least && n <= most
}
