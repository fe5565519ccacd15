package kesssim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestBuyerChoosesABankAndPays(t *testing.T) {
	r := newHarness(t, Options{})
	token := r.create("A", nil)
	_, page, _ := r.get("/pay/" + token)
	for _, text := range []string{"SIMULATOR", "10 USD", "ABA PAY", "Visa/Master Card", `src="/logos/WING.svg"`, ">Cancel<"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	_, page, _ = r.get("/pay/" + token + "?method=WING")
	for _, text := range []string{"<h1>Wing Bank</h1>", ">Pay<", ">Fail<", ">Choose another method<"} {
		if !strings.Contains(page, text) {
			t.Errorf("the bank's page lacks %q", text)
		}
	}
	if strings.Contains(page, "Card number") {
		t.Error("a bank's page asks for a card")
	}
	status, location := r.press("/pay/"+token, url.Values{"do": {"pay"}, "method": {"WING"}})
	back, err := url.Parse(location)
	if err != nil || status != 303 {
		t.Fatal(status, location)
	}
	for name, want := range map[string]string{"success": "1", "out_trade_no": "A", "token": token, "message": "Payment Successful!", "x": "1"} {
		if back.Query().Get(name) != want {
			t.Errorf("%s is %q, want %q", name, back.Query().Get(name), want)
		}
	}
	if _, page, _ := r.get("/pay/" + token); strings.Contains(page, ">Pay<") || !strings.Contains(page, "This order is paid.") || !strings.Contains(page, ">Return to the shop<") {
		t.Error("a paid order is offered again")
	}
}

func TestCardPageNeverSendsWhatIsTyped(t *testing.T) {
	r := newHarness(t, Options{})
	token := r.create("A", map[string]any{"setting": map[string]any{"enabled_payment_methods": []string{"VISA_MASTER"}}})
	if _, page, _ := r.get("/pay/" + token); strings.Contains(page, "Wing") || !strings.Contains(page, "Visa/Master Card") {
		t.Error("the page offers more than what was enabled")
	}
	_, page, _ := r.get("/pay/" + token + "?method=VISA_MASTER")
	form, _, _ := strings.Cut(page[strings.Index(page, "Card number"):], "</div>")
	if strings.Contains(form, "name=") {
		t.Errorf("a card field has a name and would be sent: %s", form)
	}
	_, location := r.press("/pay/"+token, url.Values{"do": {"fail"}, "method": {"VISA_MASTER"}, "code": {"INSUFFICIENT_FUNDS"}})
	back, err := url.Parse(location)
	if err != nil || back.Query().Get("success") != "0" ||
		back.Query().Get("pay_response") != `{"acquirerMessage":"Transaction declined due to insufficient funds","gatewayCode":"INSUFFICIENT_FUNDS"}` {
		t.Errorf("leads to %s", location)
	}
	if status, _ := r.press("/pay/"+token, url.Values{"do": {"pay"}, "method": {"VISA_MASTER"}}); status != 303 || !r.sim.state.Ledger.Orders[0].PaidAt.IsZero() {
		t.Error("a closed order was paid")
	}
}

func TestCancelLeavesTheOrderOpen(t *testing.T) {
	r := newHarness(t, Options{})
	token := r.create("A", nil)
	status, location := r.press("/pay/"+token, url.Values{"do": {"cancel"}})
	if status != 303 || !strings.HasPrefix(location, "https://shop.example/back?x=1&") || !strings.Contains(location, "success=0") {
		t.Errorf("leads to %d %s", status, location)
	}
	if got := r.sim.state.Ledger.Orders[0].Status; got != "WAITING" {
		t.Errorf("status %s", got)
	}
}

func TestAppPaysAScannedCode(t *testing.T) {
	r := newHarness(t, Options{})
	for i, code := range []string{"ABAAKHPP", "WECHAT", "KESSKHQR"} {
		reference := fmt.Sprintf("N%d", i)
		_, answer := r.call("nativePay", order(reference, map[string]any{"service_code": code}), nil)
		var data struct {
			QRCode string
			Order  struct{ Token string } `json:"order_info"`
		}
		if err := json.Unmarshal(answer.Data, &data); err != nil || data.QRCode == "" {
			t.Fatalf("%s: %+v", code, answer)
		}
		_, _, location := r.get("/app?qr=" + url.QueryEscape(data.QRCode))
		if location != "/app/"+data.Order.Token {
			t.Fatalf("%s: scanning leads to %q", code, location)
		}
		if _, to := r.press(location, url.Values{"do": {"pay"}}); to != location {
			t.Errorf("%s: Pay leads to %s, want the app again", code, to)
		}
		if got := r.sim.state.Ledger.Orders[i]; got.Status != "SUCCESS" || got.Method != code {
			t.Errorf("order %+v", got)
		}
	}
	if _, page, _ := r.get("/app?qr=nonsense"); !strings.Contains(page, "not known") {
		t.Error("an unknown code was not told")
	}
}

func TestCodesEndWithTheDocumentsChecksum(t *testing.T) {
	const sample = "00020101021230100006KESSKH5204000053038405402105802KH5919KESS INNOVATION PLC6010Phnom Penh6236012444816b39953515cd6262b1870304test630448F7"
	if got := fmt.Sprintf("%04X", crc16(sample[:len(sample)-4])); got != "48F7" {
		t.Errorf("checksum %s, want 48F7", got)
	}
}

func TestPagesRunNoScript(t *testing.T) {
	r := newHarness(t, Options{})
	token := r.create("A", map[string]any{"body": "<script>alert(1)</script>"})
	for _, path := range []string{"/pay/" + token, "/pay/" + token + "?method=VISA_MASTER", "/app/" + token, "/app"} {
		status, page, _ := r.get(path)
		if status != 200 || strings.Contains(page, "<script") || strings.Contains(page, "style=") || strings.Contains(page, "<style") {
			t.Errorf("%s: %d %s", path, status, page)
		}
	}
	for _, path := range []string{"/pay/none", "/app/none", "/ccpay/none", "/spa/inti-card?token=none", "/logos/none.svg"} {
		if status, _, _ := r.get(path); status != 404 {
			t.Errorf("%s answered %d, want 404", path, status)
		}
	}
}
