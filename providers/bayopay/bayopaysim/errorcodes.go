package bayopaysim

// Error codes that the simulator chooses by itself.
const (
	codeMissing     = "BP00001"
	codeMerchant    = "BP00002"
	codeInvalid     = "BP00005"
	codeChannel     = "BP00006"
	codeCurrency    = "BP00007"
	codeTooLittle   = "BP00008"
	codeTooMuch     = "BP00009"
	codeNotAllowed  = "BP00010"
	codeInvalidCard = "BP00012"
	codeBusy        = "BP00013"
	codeTimeout     = "BP00014" // also of a payment that its buyer left: no other code is documented
	codeNotFound    = "BP00015"
)

// descriptions are the documented texts of the error codes ("Error Code").
var descriptions = map[string]string{
	"BP00001": "Missing required parameters.",
	"BP00002": "Merchant info not found.",
	"BP00003": "Merchant account issue. Please contact merchant.",
	"BP00004": "System is busy now, temporary out of services. Please try later",
	"BP00005": "Payment info incorrect",
	"BP00006": "This account doesn't authorize to use this channel",
	"BP00007": "Currency unsupported.",
	"BP00008": "Transaction amount must more than.",
	"BP00009": "Transaction amount must less than.",
	"BP00010": "Not allow to process.",
	"BP00011": "Your request is not valid",
	"BP00012": "Your credit card number or expiration date is not valid.",
	"BP00013": "System is busy now, temporary out of services. Please try later",
	"BP00014": "Payment timeout",
	"BP00015": "Transaction info not found.",
	"BP00016": "Amount from bank do not match.",
	"BP00017": "Signature from bank not match.",
	"BP00018": "System is busy now, temporary out of services. Please try later",
	"BP00019": "System is busy now, temporary out of services",
	"BP00020": "System is busy now, payment receipt cannot be shown. Please try later",
	"BP00021": "The system have detected that the your IP provided is blacklisted in the server.",
	"BP00022": "System is busy now, temporary out of services. Please try later",
	"BP00023": "Session ID from bank do not match",
}
