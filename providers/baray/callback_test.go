package baray

import (
	"errors"
	"fmt"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/baraysim"
	"rieltime/providers/baray/internal/client"
)

func demoKey(t *testing.T) *client.Key {
	t.Helper()
	key, err := client.NewKey(baraysim.DemoSK, baraysim.DemoIV)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func webhookOf(encrypted string) checkout.Message {
	return messageOf(fmt.Sprintf(`{"encrypted_order_id":%q,"bank":"aba"}`, encrypted))
}

func TestWebhookNamesItsOrderAndProvesNothing(t *testing.T) {
	key := demoKey(t)
	for _, plain := range []string{"R0123456789ABCDEFGHZ", `{"order_id":"R0123456789ABCDEFGHZ"}`, ` {"order_id": "R0123456789ABCDEFGHZ"}`} {
		message := webhookOf(key.Encrypt([]byte(plain)))
		callback, err := New(providers.Options{}).ReadCallback(accountAt("http://sim", nil), message)
		if err != nil || callback.Reference != "R0123456789ABCDEFGHZ" {
			t.Errorf("%s: %+v, %v, want the order id", plain, callback, err)
		}
		if callback.Answer != nil || callback.Reply != "OK" {
			t.Errorf("%s: %+v, want no answer, and the reply OK", plain, callback)
		}
	}
}

func TestWebhookRefusalsLookTheSame(t *testing.T) {
	key := demoKey(t)
	other, err := client.NewKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", baraysim.DemoIV)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := func(plain string) checkout.Message { return webhookOf(key.Encrypt([]byte(plain))) }
	get := encrypted("R0123456789ABCDEFGHZ")
	get.Method = "GET"
	messages := map[string]checkout.Message{
		"GET":                   get,
		"empty":                 messageOf(``),
		"not JSON":              messageOf(`encrypted_order_id=x`),
		"no order":              messageOf(`{"bank":"aba"}`),
		"order of another type": messageOf(`{"encrypted_order_id":5,"bank":"aba"}`),
		"not base64":            webhookOf("%%%"),
		"half a block":          webhookOf("AAAAAAAAAAA="),
		"wrong padding":         webhookOf("AAAAAAAAAAAAAAAAAAAAAA=="),
		"another key":           webhookOf(other.Encrypt([]byte("R0123456789ABCDEFGHZ"))),
		"nothing inside":        encrypted(""),
		"replayed /pay body":    encrypted(`{"amount":"0.03","currency":"USD","order_id":"R0123456789ABCDEFGHZ"}`),
		"amount in disguise":    encrypted(`{"order_id":"R0123456789ABCDEFGHZ","amount":"0.03"}`),
		"order id null":         encrypted(`{"order_id":null}`),
		"order id a number":     encrypted(`{"order_id":5}`),
		"half an object":        encrypted(`{"order_id":"R01`),
		"other object":          encrypted(`{"id":"R0123456789ABCDEFGHZ"}`),
		"blanks in it":          encrypted("R0123456789 BCDEFGHZ"),
		"not UTF-8":             encrypted("\xff\xfe\xfd"),
		"control characters":    encrypted("R0123\x00"),
		"too long":              encrypted("R0123456789R0123456789R0123456789R0123456789R0123456789R0123456789"),
	}
	for name, message := range messages {
		callback, err := New(providers.Options{}).ReadCallback(accountAt("http://sim", nil), message)
		var refused *checkout.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %+v, %v, want it refused", name, callback, err)
			continue
		}
		if refused.Kind != checkout.KindInvalid || refused.Code != "callback_refused" || refused.Param != "" || err.Error() != "The message was refused." {
			t.Errorf("%s: refused with %v, want the one refusal", name, err)
		}
		if callback != (checkout.Callback{}) {
			t.Errorf("%s: %+v beside the refusal", name, callback)
		}
	}
}

func TestReturnOnlyNamesThePayment(t *testing.T) {
	start := startOf(1000, checkout.USD)
	callback, err := New(providers.Options{}).ReadCallback(accountAt("http://sim", nil), returnOf(returnURL(start)))
	if err != nil || callback.Reference != start.Payment.Reference || callback.Answer != nil {
		t.Errorf("return = %+v, %v, want the reference alone", callback, err)
	}
	for _, address := range []string{"https://pay.example/return", "https://pay.example/return?reference=a%20b"} {
		if _, err := New(providers.Options{}).ReadCallback(accountAt("http://sim", nil), returnOf(address)); err == nil {
			t.Errorf("%s names a payment, want it refused", address)
		}
	}
}

func FuzzOrderID(f *testing.F) {
	for _, seed := range []string{"R0123456789ABCDEFGHZ", `{"order_id":"R1"}`, `{"order_id":"R1","amount":"1.00"}`, "{", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		if orderID, err := orderIDOf(plain); err == nil && (orderID == "" || len(orderID) > maxOrderID) {
			t.Errorf("%q is read as order %q", plain, orderID)
		}
	})
}
