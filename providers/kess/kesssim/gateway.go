package kesssim

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/catalog"
	"rieltime/providers/kess/internal/gateway"
	"rieltime/providers/simulator"
)

// failure is an error answer. The document lists its codes but not its JSON:
// this shape, with the number as the HTTP status, is a choice.
type failure struct {
	status  int
	message string
	errors  map[string][]string
}

var messages = map[int]string{
	http.StatusBadRequest: "Validation error.", http.StatusUnauthorized: "Unauthenticated.",
	http.StatusForbidden: "Access denied.", http.StatusNotFound: "Record not found.",
	http.StatusConflict: "Existing record found.", 419: "Requesting record was expired.",
	http.StatusUnprocessableEntity: "Sub-process failed.", http.StatusInternalServerError: "Internal server error.",
	http.StatusServiceUnavailable: "Feature is under maintenance.", http.StatusGatewayTimeout: "Gateway time-out.",
}

// refuse makes a failure, about a field when one is named.
func refuse(status int, field, what string) *failure {
	f := &failure{status: status, message: messages[status]}
	if field != "" {
		f.errors = map[string][]string{field: {field + " " + what}}
	}
	return f
}

// answer writes an OAuth answer, an envelope or a failure.
func answer(w http.ResponseWriter, body any) {
	status := http.StatusOK
	if f, failed := body.(*failure); failed {
		status = f.status
		envelope := map[string]any{
			"success": false, "status_code": f.status, "code": gateway.Statuses[f.status], "message": f.message,
		}
		if f.errors != nil {
			envelope["errors"] = f.errors
		}

		body = envelope
	}

	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// call is one verified request of a service.
type call struct {
	account Account
	params  gateway.Params
	service string
	base    string // our own address
}

// respond does a service. A *failure is its error. The lock is held.
type respond func(*Simulator, call) any

var services = map[string]respond{
	"createorder":           (*Simulator).createOrder,
	"nativePay":             (*Simulator).nativePay,
	"quickpay":              (*Simulator).quickPay,
	"directPay":             (*Simulator).directPay,
	"kioskCreateOrder":      (*Simulator).kioskCreateOrder,
	"confirmKioskOrder":     (*Simulator).confirmKioskOrder,
	"queryOrder":            (*Simulator).queryOrder,
	"closeorder":            (*Simulator).closeOrder,
	"queryorderbydaterange": (*Simulator).queryByDate,
	"v2Refund":              (*Simulator).refund,
	"queryRefund":           (*Simulator).queryRefund,
	"getpaymentmethods":     (*Simulator).listMethods,
	"saveCard":              (*Simulator).saveCard,
	"withdraw":              (*Simulator).withdraw,
	"withdrawByBankNumber":  (*Simulator).withdraw,
	"tokenizebankaccount":   (*Simulator).tokenize,
}

//go:embed samples.json
var samplesJSON []byte

// samples are the document's own answers, for the services that keep no state
// here.
var samples = func() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(samplesJSON, &all); err != nil {
		panic(err) // an embedded file
	}
	return all
}()

func (s *Simulator) gateway(w http.ResponseWriter, r *http.Request) {
	body := simulator.ReadBody(r)
	s.mu.Lock()
	defer s.mu.Unlock()

	account, known := s.bearer(r)
	if !known {
		answer(w, refuse(http.StatusUnauthorized, "", ""))
		return
	}

	params, err := gateway.ParseJSON(body)
	if err != nil {
		answer(w, refuse(http.StatusBadRequest, "body", "must be a JSON object"))
		return
	}

	s.state.Ledger.Asked[params.Text("service")]++
	name, failed := check(account, params)
	if failed != nil {
		answer(w, failed)
		return
	}

	data := any(samples[name])
	if does, stateful := services[name]; stateful {
		data = does(s, call{account: account, params: params, service: name, base: s.base(r)})
	}

	if f, failed := data.(*failure); failed {
		answer(w, f)
		return
	}

	if err := s.save(); err != nil {
		answer(w, refuse(http.StatusInternalServerError, "", ""))
		return
	}

	answer(w, seal(account, params.Text("sign_type"), data))
}

// check verifies a message: its service, its sign by its own sign_type, its
// fields and its seller. Which error a wrong sign gets is a choice.
func check(account Account, params gateway.Params) (name string, failed *failure) {
	service, known := catalog.FindService(params.Text("service"))
	written := params.Text("service")
	if !known || (written != gateway.Prefix+service.Name && written != gateway.Prefix+"createOrder") {
		return "", refuse(http.StatusBadRequest, "service", "is not known")
	}
	if kind := params.Text("sign_type"); kind != gateway.MD5 && kind != gateway.HMACSHA256 {
		return "", refuse(http.StatusBadRequest, "sign_type", "must be MD5 or HMAC-SHA256")
	}
	if params.Text("sign") == "" {
		return "", refuse(http.StatusBadRequest, "sign", "is missing")
	}
	if params.Verify(checkout.Secret(account.APISecretKey)) != nil {
		return "", refuse(http.StatusForbidden, "sign", "is wrong")
	}

	if problems := service.Check(params); len(problems) > 0 {
		f := refuse(http.StatusBadRequest, "", "")
		f.errors = map[string][]string{}
		for _, p := range problems {
			f.errors[p.Field] = append(f.errors[p.Field], p.String())
		}

		return "", f
	}

	if code := params.Text("seller_code"); code != "" && code != account.SellerCode {
		return "", refuse(http.StatusForbidden, "seller_code", "is not this merchant's")
	}

	return service.Name, nil
}

// seal wraps data in a signed envelope: makeSign over the whole answer covers
// success and sign_type only.
func seal(account Account, signType string, data any) any {
	signed := gateway.Params{"success": true, "sign_type": signType}
	sign, _ := signed.Sign(checkout.Secret(account.APISecretKey)) // the sign type was checked
	return map[string]any{"success": true, "data": data, "sign": sign, "sign_type": signType}
}

// base is the simulator's address as buyers see it. The lock is held.
func (s *Simulator) base(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	return "http://" + r.Host
}
