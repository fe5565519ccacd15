// Package catalog is KESS's table of services ("Payment Gateway Specification
// Document"): every service with the fields of its request, and the check of a
// request against them. The command line and the simulator use it; the adapter
// calls its ten services without it.
package catalog

import (
	"slices"
	"strings"

	"rieltime/providers/kess/internal/client"
)

// Service is one service of the gateway.
type Service struct {
	Group  string // the document's chapter
	Name   string // without Prefix
	Title  string
	Fields []Field
}

// FindService finds a service by its name, with or without Prefix, whatever
// its case: the document itself writes createorder and createOrder.
func FindService(name string) (Service, bool) {
	if len(name) > len(client.Prefix) && strings.EqualFold(name[:len(client.Prefix)], client.Prefix) {
		name = name[len(client.Prefix):]
	}
	at := slices.IndexFunc(Services, func(s Service) bool { return strings.EqualFold(s.Name, name) })
	if at < 0 {
		return Service{}, false
	}
	return Services[at], true
}

var (
	seller   = with(need("seller_code", Text).max(32))
	customer = need("customer", Hex)

	// transaction is the document's object of that name.
	transaction = with(
		need("seller_code", Text).max(32),
		need("out_trade_no", OrderID),
		need("body", Text).max(255),
		need("total_amount", Double),
		need("currency", Currency),
		may("notify_url", URL).max(255),
		may("redirect_url", URL).max(255),
		may("expires_in", Integer).between(1, 1<<31-1),
	)
	withdrawal = append(without(transaction, "body"), may("body", Text).max(255), customer)
)

// ServiceCodes are the banks and wallets of nativePay.
var ServiceCodes = []string{
	"ABAAKHPP", "ACLBKHPP", "ALIPAY", "KHQR", "BIOBKHPP", "CADIKHPP", "CHNOKHPP", "EMONEY", "FTCCKHPP",
	"GOOGLEPAY", "HATHKHPP", "KESSKH", "KESSKHQR", "PPCBKHPP", "SBPLKHPP", "TRUEMONEY", "UPAY", "UNIONPAY",
	"VBLCKHPP", "VISA_MASTER", "WECHAT", "WING",
}

// Services are all services of the document, in its order, with the fields of
// their requests besides those of every message.
var Services = []Service{
	{"Merchant", "merchantinfo", "Merchant info", seller},
	{"Merchant", "adduserundermerchant", "Create user", fields(seller, with(
		need("first_name", Text), need("last_name", Text), need("phone_number", Numeric),
		need("email", Text), may("muser_identity", Text)))},
	{"Merchant", "getUserUnderMerchant", "List users under merchant", fields(seller, with(need("page", Integer).between(1, 1<<31-1)))},
	{"Merchant", "userprofile", "User info", fields(seller, with(
		may("user_id", Text).or("muser_identity"), may("muser_identity", Text).or("user_id")))},
	{"Merchant", "getTxnLists", "List transactions", fields(seller, with(need("page", Integer).between(1, 1<<31-1)))},
	{"Merchant", "getTxnDetail", "Transaction info", fields(seller, with(need("transaction_ref", Text)))},
	{"Merchant", "moneytransfer", "Money transfer", fields(seller, with(
		need("amount", Double), need("currency", Currency), need("from_wallet_id", Text),
		need("to_wallet_id", Text), may("comment", Text)))},

	{"Bakong", "getbakongmembers", "List Bakong members", nil},
	{"Bakong", "generateKhqr", "Generate KHQR", with(need("wallet_ref", Text), need("user_id", Text), need("amount", Double))},
	{"Bakong", "decodeKhqr", "Decode KHQR", with(need("qrcode", Text))},
	{"Bakong", "payKhqr", "Pay KHQR", fields(seller, with(
		need("amount", Text), need("currency", Currency), may("remark", Text), need("qrcode", Text)))},

	{"Virtual card", "createVirtualCard", "Create virtual card", fields(seller, with(
		need("trans_limit_amount", Integer), need("purchase_type", Text), need("cumulative_limit", Integer),
		need("valid_for", Integer).between(12, 24), need("max_trans", Integer), need("currency", Currency),
		need("description", Text), may("wallet_id", Text)))},
	{"Virtual card", "getVirtualCards", "List virtual cards", fields(seller, with(may("user_id", Text)))},
	{"Virtual card", "getVirtualCardBalance", "Get virtual card balance", fields(seller, with(need("purchase_req_id", Text)))},
	{"Virtual card", "getVirtualCardDetail", "Get virtual card detail", fields(seller, with(need("purchase_req_id", Text)))},
	{"Virtual card", "getVirtualCardReport", "List virtual card report", fields(seller, with(
		need("purchase_req_id", Text), need("from", Integer), need("to", Integer)))},

	{"Tap to phone", "kioskCreateOrder", "Create order", transaction},
	{"Tap to phone", "confirmKioskOrder", "Confirm order", with(need("pre_order_id", Text))},

	{"Payment", "getpaymentmethods", "List payment methods", nil},
	{"Payment", "createorder", "Generate payment link", fields(transaction, with(
		may("login_type", Text).oneOf("ANONYMOUS", "GENERAL", "FACEBOOK"), may("setting", Object), customer.optional()))},
	{"Payment", "nativePay", "Native pay", fields(transaction, with(
		may("only_deeplink", Boolean), may("is_ios_device", Boolean), need("service_code", Text).oneOf(ServiceCodes...)))},
	{"Payment", "quickpay", "Quick pay", fields(without(without(transaction, "redirect_url"), "expires_in"), with(
		need("auth_code", Numeric), need("service_code", Text).oneOf("WECHAT", "ALIPAY"),
		may("login_type", Text).oneOf("ANONYMOUS", "GENERAL", "FACEBOOK")))},
	{"Payment", "directPay", "Direct pay", fields(transaction, with(
		need("card", Hex), may("setting", Object), customer.optional()))},
	{"Payment", "closeorder", "Close order", with(need("out_trade_no", OrderID))},
	{"Payment", "queryOrder", "Query order", with(need("out_trade_no", OrderID))},
	{"Payment", "queryRefund", "Query refund", with(
		may("transaction_id", Text).max(32).or("merchant_reference"), may("merchant_reference", Text).max(32).or("transaction_id"))},
	{"Payment", "queryorderbydaterange", "Query order by date range", with(
		need("start_date", Date), need("end_date", Date),
		need("per_page", Integer).between(1, 1000), need("page", Integer).between(1, 1<<31-1))},
	{"Payment", "v2Refund", "Refund", with(
		need("out_trade_no", OrderID), may("partial_refund_amount", Double), may("partial_refund_amount_ccy", Currency),
		need("reason", Text), may("callback_url", URL), may("merchant_reference", Text).max(32))},
	{"Payment", "saveCard", "Tokenize card", fields(seller, with(
		need("notify_url", URL).max(255), may("redirect_url", URL).max(255)))},

	{"Withdraw", "verifybankaccount", "Verify bank account", fields(seller, with(need("bank_account_number", Numeric), need("bic", Text)))},
	{"Withdraw", "tokenizebankaccount", "Tokenize bank account", fields(seller, with(
		need("bank_account_number", Numeric), need("bic", Text), customer))},
	{"Withdraw", "withdraw", "Withdraw to a tokenized account", fields(withdrawal, with(need("bank_account_token", Text).max(64)))},
	{"Withdraw", "withdrawByBankNumber", "Withdraw by bank account", fields(withdrawal, with(
		need("bic", Text), need("bank_account", Text).max(64), may("user_id", Text)))},
}
