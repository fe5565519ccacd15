package kess

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// reply is the answer's body to a notice. The document leaves it open; a
// sibling gateway looks only at the status 200.
const reply = "success"

// ReadCallback implements checkout.CallbackReader. A notice (notify_url) is flat
// order fields as a form or JSON with sign and sign_type, which must verify
// over the values as they came. The buyer's return (redirect_url: success,
// out_trade_no, token, message, pay_response) is unsigned and believed in
// nothing. A refund's notice (callback_url), which the document leaves blank
// too, is read as refund_histories, signed likewise, and known by its
// merchant_reference. Each only wakes a question, whose answer must name the
// seller that the attempt was made for.
func (p *Provider) ReadCallback(account checkout.Account, message checkout.Message) (checkout.Callback, error) {
	var params client.Params
	var err error
	if message.Return {
		params, err = readReturn(message)
	} else {
		params, err = readNotice(account, message)
	}

	if err != nil {
		return checkout.Callback{}, err
	}
	if refund := params.Text("merchant_reference"); refund != "" && !message.Return {
		return checkout.Callback{Refund: refund, Reply: reply}, nil
	}

	reference := params.Text("out_trade_no")
	if reference == "" {
		return checkout.Callback{}, errors.New("the message names no order")
	}

	return checkout.Callback{Reference: reference, Reply: reply}, nil
}

// ReadReturn implements checkout.ReturnReader. A card that was declined is told by
// success=0, with the network's code in pay_response (document, "Redirect Url",
// "Failure"), while the order may go on waiting.
func (p *Provider) ReadReturn(message checkout.Message) checkout.Return {
	params, err := readReturn(message)
	if err != nil {
		return checkout.Return{}
	}

	returned := checkout.Return{Reference: params.Text("out_trade_no")}
	if params.Text("success") != "0" {
		return returned
	}

	var response struct {
		Code string `json:"gatewayCode"`
	}
	_ = json.Unmarshal([]byte(params.Text("pay_response")), &response) // nullable
	switch {
	case response.Code == waitsForFinal:
	case reasonKeys[response.Code] != "":
		returned.Declined = reasonKeys[response.Code]
	default:
		returned.Declined = declined
	}

	return returned
}

func readReturn(message checkout.Message) (client.Params, error) {
	params := client.Params{}
	values := message.Query
	if message.Method == "POST" && len(message.Body) > 0 {
		posted, err := url.ParseQuery(string(message.Body))
		if err != nil {
			return nil, fmt.Errorf("not a form: %w", err)
		}
		values = posted
	}

	for name := range values {
		params[name] = values.Get(name)
	}

	return params, nil
}

func readNotice(account checkout.Account, message checkout.Message) (client.Params, error) {
	settings, _, err := gatewayAccount(account)
	if err != nil {
		return nil, err
	}
	if message.Method != "POST" {
		return nil, errors.New("the notice is not a POST")
	}

	var params client.Params
	switch kind, _, _ := mime.ParseMediaType(message.ContentType); kind {
	case "application/json":
		params, err = client.ParseJSON(message.Body)
	case "application/x-www-form-urlencoded":
		params, err = client.ParseForm(message.Body)
	default:
		return nil, fmt.Errorf("the notice is neither a form nor JSON but %q", kind)
	}

	if err != nil {
		return nil, err
	}
	if err := params.Verify(settings.APISecretKey); err != nil {
		return nil, err
	}

	return params, nil
}
