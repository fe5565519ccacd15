package bayopay

// Fault is what a BayoPay error code means: a reason key for the buyer's page
// and a sentence for the merchant.
type Fault struct {
	Buyer    string
	Merchant string
}

// Faults are the documented error codes ("Error Code").
var Faults = map[string]Fault{
	"BP00001": {"try_other_method", "The request lacked a parameter that BayoPay requires."},
	"BP00002": {"try_other_method", "BayoPay does not know the niaga_id: check it in the settings."},
	"BP00003": {"contact_merchant", "BayoPay reports a problem with your merchant account: contact BayoPay."},
	"BP00004": {"provider_busy", "BayoPay had too many connections and blocked the payment."},
	"BP00005": {"try_other_method", "BayoPay rejected the request's hash: check niaga_key in the settings."},
	"BP00006": {"try_other_method", "Your BayoPay account may not use this channel."},
	"BP00007": {"try_other_method", "The channel does not accept this currency."},
	"BP00008": {"amount_too_small", "The amount is too small for the channel."},
	"BP00009": {"limit_exceeded", "The amount is too large for the channel."},
	"BP00010": {"declined", "BayoPay does not allow this payment."},
	"BP00011": {"try_other_method", "BayoPay has no gateway configured for the channel."},
	"BP00012": {"card_details_wrong", "The card number or the expiry date is not valid."},
	"BP00013": {"provider_busy", "BayoPay could not record the transaction."},
	"BP00014": {"expired", "The payment timed out at BayoPay."},
	"BP00015": {"try_other_method", "BayoPay did not find the transaction."},
	"BP00016": {"contact_merchant", "The bank reported a different amount to BayoPay: check with BayoPay whether the buyer was charged."},
	"BP00017": {"contact_merchant", "The bank's signature was wrong: check with BayoPay whether the buyer was charged."},
	"BP00018": {"contact_merchant", "BayoPay could not update the transaction: check with BayoPay whether the buyer was charged."},
	"BP00019": {"contact_merchant", "BayoPay tried to change a final transaction: check with BayoPay whether the buyer was charged."},
	"BP00020": {"contact_merchant", "BayoPay could not show the receipt: check with BayoPay whether the buyer was charged."},
	"BP00021": {"declined", "BayoPay blocks the buyer's network address."},
	"BP00022": {"contact_merchant", "BayoPay could not update the transaction: check with BayoPay whether the buyer was charged."},
	"BP00023": {"contact_merchant", "The bank answered with a different session ID: check with BayoPay whether the buyer was charged."},
}

// faultOf also answers for codes that are not documented.
func faultOf(code string) Fault {
	if fault, ok := Faults[code]; ok {
		return fault
	}
	return Fault{"declined", "BayoPay reports that the payment failed."}
}

// reasons are the keys that a buyer's page may be given.
var reasons = allReasons()

func allReasons() []string {
	all := []string{faultOf("").Buyer}
	for _, fault := range Faults {
		all = append(all, fault.Buyer)
	}
	for _, field := range buyerFields {
		all = append(all, fieldReason(field))
	}
	return all
}

var buyerFields = []string{"name", "email", "phone"}

func fieldReason(field string) string { return "customer_" + field + "_invalid" }
