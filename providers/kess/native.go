package kess

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/kess/internal/client"
)

// createNative asks for one method's QR code, or, on a phone whose system has
// the method's app, for a deep link into that app (nativePay).
func (p *Provider) createNative(ctx context.Context, request orderRequest) (checkout.Created, error) {
	method, listed := p.findMethod(ctx, request.access, request.code)
	if !listed {
		return checkout.Created{}, &checkout.Refused{Code: "method_unknown", Reason: "KESS does not list " + request.code + ".", Buyer: tryOther}
	}

	request.params["service_code"] = request.code
	request.params["only_deeplink"] = 0
	if hasApp(method, request.start.Device) {
		request.params["only_deeplink"] = 1
		request.params["is_ios_device"] = 0
		if request.start.Device == checkout.DeviceIOS {
			request.params["is_ios_device"] = 1
		}
	}

	var native client.NativePay
	if err := p.client.Call(ctx, request.access, client.NativePayService, request.params, &native); err != nil {
		order, recovered := p.recover(ctx, request.access, request.start.Payment, err)
		if recovered != nil {
			return checkout.Created{}, recovered
		}

		// The order exists, but its QR code is given only once.
		return checkout.Created{ProviderID: order.Token}, err
	}

	if err := sameWaiting(native.Order, request.start.Payment, request.access); err != nil {
		return checkout.Created{}, err
	}
	if native.ServiceCode != "" && native.ServiceCode != request.code {
		return checkout.Created{}, fmt.Errorf("%w: its method is %q", errMismatch, native.ServiceCode)
	}

	action, err := nativeAction(native, method, request.start.Device)
	if err != nil {
		return checkout.Created{}, err
	}

	return created(native.Order, action), nil
}

// hasApp reports whether the method has an app for the buyer's phone: then a
// deep link is worth asking for.
func hasApp(method client.PaymentMethod, device checkout.Device) bool {
	switch device {
	case checkout.DeviceIOS:
		return method.StoreLink.IOS != ""
	case checkout.DeviceAndroid:
		return method.StoreLink.Android != ""
	}
	return false
}

func nativeAction(native client.NativePay, method client.PaymentMethod, device checkout.Device) (checkout.NextAction, error) {
	action := checkout.NextAction{Kind: checkout.ActionQRCode, QRCode: native.QRCode, Payee: payeeOf(native.QRCode)}
	if link := safeLink(native.DeepLink); link != "" {
		deep := checkout.DeepLink{App: method.Title, URL: link}
		if device != checkout.DeviceDesktop {
			deep.OS = string(device)
		}
		action.DeepLinks = []checkout.DeepLink{deep}
	}

	if action.QRCode != "" || len(action.DeepLinks) > 0 {
		return action, nil
	}
	if link := safeLink(native.QRCodeLink, "https", "http"); link != "" {
		return checkout.NextAction{Kind: checkout.ActionRedirect, URL: link}, nil
	}

	return checkout.NextAction{}, errors.New("KESS gave neither a QR code nor a link")
}

// tagMerchantName is where a KHQR has the payee's name (EMV QRCPS, section 4).
const tagMerchantName = "59"

// payeeOf returns the payee's name as a KHQR has it; empty for any other text.
func payeeOf(code string) string {
	tags, err := khqr.Parse(code)
	if err != nil {
		return ""
	}
	name, _ := tags.Get(tagMerchantName)
	return strings.TrimSpace(name)
}
