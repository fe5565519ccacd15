package kesssim

import (
	"net/http"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/catalog"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// call is one verified request of a service.
type call struct {
	account Account
	params  client.Params
	service string
	base    string // the simulator's own address
}

// services are those whose answers are computed. Each returns its data or a
// *failure, with the lock held. All others answer with the document's sample.
var services = map[string]func(*Simulator, call) any{
	"createorder":           (*Simulator).createOrder,
	"nativePay":             (*Simulator).nativePay,
	"queryOrder":            (*Simulator).queryOrder,
	"closeorder":            (*Simulator).closeOrder,
	"queryorderbydaterange": (*Simulator).queryByDate,
	"v2Refund":              (*Simulator).refund,
	"queryRefund":           (*Simulator).queryRefund,
	"getpaymentmethods":     (*Simulator).listMethods,
	"saveCard":              (*Simulator).saveCard,
}

// gateway serves the one endpoint of all services.
func (s *Simulator) gateway(w http.ResponseWriter, r *http.Request) {
	// Read the body before the lock: it comes as slowly as the caller likes.
	body := simkit.ReadBody(r)
	s.Mu.Lock()
	defer s.Mu.Unlock()

	account, ok := s.bearerAccount(r)
	if !ok {
		writeAnswer(w, refuse(http.StatusUnauthorized, "", ""))
		return
	}

	params, err := client.ParseJSON(body)
	if err != nil {
		writeAnswer(w, refuse(http.StatusBadRequest, "body", "must be a JSON object"))
		return
	}

	s.state.Ledger.Requests[params.Text("service")]++
	service, failed := verify(account, params)
	if failed == nil {
		failed = s.checkEncrypted(service, params)
	}
	if failed != nil {
		writeAnswer(w, failed)
		return
	}

	data := any(catalog.Sample(service.Name))
	if serve, computed := services[service.Name]; computed {
		data = serve(s, call{account: account, params: params, service: service.Name, base: s.BaseURL(r)})
	}

	if f, failed := data.(*failure); failed {
		writeAnswer(w, f)
		return
	}

	if err := s.Save(); err != nil {
		writeAnswer(w, refuse(http.StatusInternalServerError, "", ""))
		return
	}

	writeAnswer(w, signedEnvelope(account, params.Text("sign_type"), data))
}

// verify checks a message: its service, its sign by its own sign_type, its
// fields and its seller. Which error a wrong sign gets is a choice.
func verify(account Account, params client.Params) (catalog.Service, *failure) {
	service, ok := catalog.FindService(params.Text("service"))
	written := params.Text("service")
	if !ok || (written != client.Prefix+service.Name && written != client.Prefix+"createOrder") {
		return catalog.Service{}, refuse(http.StatusBadRequest, "service", "is not known")
	}
	if kind := params.Text("sign_type"); kind != client.MD5 && kind != client.HMACSHA256 {
		return catalog.Service{}, refuse(http.StatusBadRequest, "sign_type", "must be MD5 or HMAC-SHA256")
	}
	if params.Text("sign") == "" {
		return catalog.Service{}, refuse(http.StatusBadRequest, "sign", "is missing")
	}
	if params.Verify(checkout.Secret(account.APISecretKey)) != nil {
		return catalog.Service{}, refuse(http.StatusForbidden, "sign", "is wrong")
	}

	if problems := service.Check(params); len(problems) > 0 {
		f := refuse(http.StatusBadRequest, "", "")
		f.errors = map[string][]string{}
		for _, p := range problems {
			f.errors[p.Field] = append(f.errors[p.Field], p.String())
		}

		return catalog.Service{}, f
	}

	if code := params.Text("seller_code"); code != "" && code != account.SellerCode {
		return catalog.Service{}, refuse(http.StatusForbidden, "seller_code", "is not this merchant's")
	}

	return service, nil
}

// signedEnvelope wraps data in a signed envelope: makeSign over the whole answer covers
// success and sign_type only.
func signedEnvelope(account Account, signType string, data any) any {
	signed := client.Params{"success": true, "sign_type": signType}
	sign, _ := signed.Sign(checkout.Secret(account.APISecretKey)) // the sign type was checked
	return map[string]any{"success": true, "data": data, "sign": sign, "sign_type": signType}
}
