package kess_test

import (
	"net/url"
	"strings"
	"testing"

	"rieltime/checkout"
)

func TestIPhonesAndAndroidsAreDistinguished(t *testing.T) {
	for device, want := range map[checkout.Device][2]any{
		checkout.DeviceIOS: {1.0, 1.0}, checkout.DeviceAndroid: {1.0, 0.0}, checkout.DeviceDesktop: {0.0, nil},
	} {
		h := newHarness(t)
		start := h.start("kess:ABAAKHPP", "10.00", checkout.USD)
		start.Device = device
		_, created := h.create(start)
		sent := h.lastRequest("nativePay")
		if got := [2]any{sent["only_deeplink"], sent["is_ios_device"]}; got != want {
			t.Errorf("%s: only_deeplink and is_ios_device are %v, want %v", device, got, want)
		}
		if device == checkout.DeviceDesktop {
			continue
		}
		if links := created.NextAction.DeepLinks; len(links) != 1 || links[0].OS != string(device) {
			t.Errorf("%s: %+v", device, links)
		}
	}
}

func TestNativePaymentShowsAQRCode(t *testing.T) {
	h := newHarness(t)
	payment, created := h.create(h.start("kess:ABAAKHPP", "10.00", checkout.USD))
	action := created.NextAction
	if action.Kind != checkout.ActionQRCode || !strings.HasPrefix(action.QRCode, "000201") || len(action.DeepLinks) != 0 {
		t.Errorf("next action %+v", action)
	}
	_, _, location := h.browse(h.server.URL+"/app?qr="+url.QueryEscape(action.QRCode), nil)
	if location != "/app/"+created.ProviderID {
		t.Errorf("the QR code leads to %q, want the order %s", location, payment.ProviderID)
	}
}

func TestNativePaymentOnAPhoneOpensTheApp(t *testing.T) {
	for _, tc := range []struct {
		method string
		device checkout.Device
		link   bool
	}{
		{"kess:ABAAKHPP", checkout.DeviceIOS, true},
		{"kess:ABAAKHPP", checkout.DeviceAndroid, true},
		{"kess:ABAAKHPP", checkout.DeviceDesktop, false},
		{"kess:KESSKH", checkout.DeviceIOS, true},
		{"kess:KESSKH", checkout.DeviceAndroid, false}, // it has no app there
		{"kess:KHQR", checkout.DeviceAndroid, false},
	} {
		h := newHarness(t)
		start := h.start(tc.method, "10.00", checkout.USD)
		start.Device = tc.device
		_, created := h.create(start)
		action := created.NextAction
		if action.Kind != checkout.ActionQRCode || (len(action.DeepLinks) == 1) != tc.link || (action.QRCode == "") != tc.link {
			t.Fatalf("%s on %s: %+v", tc.method, tc.device, action)
		}
		if tc.link && (action.DeepLinks[0].OS != string(tc.device) || action.DeepLinks[0].App == "") {
			t.Errorf("%s on %s: deep link %+v", tc.method, tc.device, action.DeepLinks[0])
		}
	}
}

func TestQRCodeBehindALinkIsARedirect(t *testing.T) {
	h := newHarness(t)
	_, created := h.create(h.start("kess:UNIONPAY", "10.00", checkout.USD))
	if created.NextAction.Kind != checkout.ActionRedirect || created.NextAction.URL != h.server.URL+"/app/"+created.ProviderID {
		t.Errorf("next action %+v", created.NextAction)
	}
}

func TestUnlistedMethodIsRefused(t *testing.T) {
	h := newHarness(t)
	_, err := h.provider.CreatePayment(t.Context(), h.account(), h.start("kess:NOBANK", "10.00", checkout.USD))
	if _, refused := checkout.AsRefused(err); !refused {
		t.Errorf("%v, want a refusal", err)
	}
}
