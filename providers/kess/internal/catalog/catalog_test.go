package catalog

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"rieltime/providers/kess/internal/client"
)

func TestDocumentsOwnRequestsPassTheCheck(t *testing.T) {
	text, err := os.ReadFile("samples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(Services) {
		t.Errorf("%d services in the document, %d in the table", len(lines), len(Services))
	}
	for _, line := range lines {
		var d struct {
			Service string
			Request json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		service, known := FindService(d.Service)
		if !known {
			t.Errorf("%s is not known", d.Service)
			continue
		}
		request, err := client.ParseJSON(d.Request)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range request {
			if value == "{ENCRYPTED CUSTOMER DATA}" || value == "{ENCRYPTED CARD INFORMATION}" {
				request[name] = "00ff"
			}
		}
		if problems := service.Check(request); len(problems) > 0 {
			t.Errorf("%s: %v", d.Service, problems)
		}
	}
}

// document_fields.json holds the request tables of the document as they are,
// "Include common data of a transaction" written out: each field with its
// column "Required". Where the document's own samples differ from its tables,
// they are followed: quickpay's sends login_type, those of withdrawals no body.
func TestServicesHaveTheFieldsOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("testdata/document_fields.json")
	if err != nil {
		t.Fatal(err)
	}
	var documented map[string]map[string]string
	if err := json.Unmarshal(text, &documented); err != nil {
		t.Fatal(err)
	}
	if len(documented) != len(Services) {
		t.Errorf("%d services in the document, %d in the table", len(documented), len(Services))
	}
	documented["quickpay"]["login_type"] = "No"
	documented["withdraw"]["body"], documented["withdrawByBankNumber"]["body"] = "No", "No"
	for name, fields := range documented {
		service, known := FindService(name)
		if !known {
			t.Errorf("%s is not known", name)
			continue
		}
		for field, required := range fields {
			ours, known := service.Field(field)
			if !known {
				t.Errorf("%s lacks %s", name, field)
			} else if is := map[bool]string{true: "Yes", false: "No"}[ours.Required]; is != required && (ours.Or == "" || required == "Yes") {
				t.Errorf("%s: %s is required: %s, in the document %s", name, field, is, required)
			}
		}
		for _, field := range service.Fields {
			if fields[field.Name] == "" {
				t.Errorf("%s has %s, which the document does not list", name, field.Name)
			}
		}
	}
}

func TestServicesAreFoundWhateverTheCase(t *testing.T) {
	for _, name := range []string{"createorder", "createOrder", "webpay.acquire.createOrder", "WEBPAY.acquire.CREATEORDER"} {
		if service, known := FindService(name); !known || service.Name != "createorder" {
			t.Errorf("%s is %q", name, service.Name)
		}
	}
	if _, known := FindService("webpay.acquire."); known {
		t.Error("an empty name is known")
	}
}

func TestCheckReportsEveryProblem(t *testing.T) {
	for name, tc := range map[string]struct {
		service string
		params  string
		want    string
	}{
		"missing":       {"queryOrder", `{}`, "out_trade_no is missing"},
		"empty":         {"queryOrder", `{"out_trade_no":""}`, "out_trade_no is missing"},
		"several":       {"v2Refund", `{}`, "out_trade_no is missing; reason is missing"},
		"either":        {"queryRefund", `{}`, "merchant_reference or transaction_id is missing; transaction_id or merchant_reference is missing"},
		"one of either": {"queryRefund", `{"transaction_id":"TR-1"}`, ""},
		"unknown":       {"queryOrder", `{"out_trade_no":"A","order":"A"}`, "order is not a field of queryOrder"},
		"order id":      {"queryOrder", `{"out_trade_no":"A_1"}`, "out_trade_no must be 1 to 32 letters, digits or dashes"},
		"integer":       {"getTxnLists", `{"seller_code":"S","page":"1"}`, "page must be an integer"},
		"range":         {"createVirtualCard", `{"seller_code":"S","trans_limit_amount":1,"purchase_type":"t","cumulative_limit":1,"valid_for":25,"max_trans":1,"currency":"USD","description":"d"}`, "valid_for must be between 12 and 24"},
		"double":        {"generateKhqr", `{"wallet_ref":"w","user_id":"u","amount":"1.5"}`, "amount must be a number"},
		"numeric":       {"verifybankaccount", `{"seller_code":"S","bank_account_number":"12a","bic":"WING"}`, "bank_account_number must be digits"},
		"date":          {"queryorderbydaterange", `{"start_date":"15-01-2022","end_date":"2022-01-15","per_page":1,"page":1}`, "start_date must be a date such as 2022-01-15"},
		"url":           {"saveCard", `{"seller_code":"S","notify_url":"ftp://x"}`, "notify_url must be an http or https URL"},
		"too long":      {"createorder", `{"seller_code":"S","out_trade_no":"A","body":"` + strings.Repeat("ក", 256) + `","total_amount":1,"currency":"USD"}`, "body is longer than 255 characters"},
		"currency":      {"createorder", `{"seller_code":"S","out_trade_no":"A","body":"b","total_amount":1,"currency":"usd"}`, "currency must be USD or KHR"},
		"object":        {"createorder", `{"seller_code":"S","out_trade_no":"A","body":"b","total_amount":1,"currency":"USD","setting":"x"}`, "setting must be an object"},
		"one of":        {"quickpay", `{"seller_code":"S","out_trade_no":"A","auth_code":1,"body":"b","total_amount":1,"currency":"USD","service_code":"WING"}`, "service_code must be one of WECHAT, ALIPAY"},
		"boolean":       {"nativePay", `{"seller_code":"S","out_trade_no":"A","body":"b","total_amount":1,"currency":"USD","service_code":"WING","only_deeplink":false}`, "only_deeplink must be a boolean"},
		"hex":           {"directPay", `{"seller_code":"S","out_trade_no":"A","body":"b","total_amount":1,"currency":"USD","card":"5473500160001018x"}`, "card must be encrypted, in hex"},
	} {
		service, _ := FindService(tc.service)
		params, err := client.ParseJSON([]byte(tc.params))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, problem := range service.Check(params) {
			got = append(got, problem.String())
		}
		if text := strings.Join(got, "; "); text != tc.want {
			t.Errorf("%s: %q, want %q", name, text, tc.want)
		}
	}
}

func TestCommandLineTextBecomesAFieldsValue(t *testing.T) {
	for _, tc := range []struct {
		service, field, text, want string
	}{
		{"createorder", "total_amount", "10.50", `10.50`},
		{"createorder", "body", "10.50", `"10.50"`},
		{"createorder", "setting", `{"template":"company"}`, `{"template":"company"}`},
		{"nativePay", "only_deeplink", "true", `1`},
		{"nativePay", "only_deeplink", "0", `0`},
		{"verifybankaccount", "bank_account_number", "000123456", `"000123456"`},
		{"createorder", "total_amount", "ten", ""},
		{"createorder", "total_amount", "010.50", ""},
		{"getTxnLists", "page", "01", ""},
		{"nativePay", "only_deeplink", "maybe", ""},
		{"createorder", "setting", "company", ""},
	} {
		service, _ := FindService(tc.service)
		field, _ := service.Field(tc.field)
		value, err := field.Parse(tc.text)
		text, _ := json.Marshal(value)
		if (err != nil) != (tc.want == "") || (err == nil && string(text) != tc.want) {
			t.Errorf("%s %q gave %s (%v), want %s", tc.field, tc.text, text, err, tc.want)
		}
	}
}
