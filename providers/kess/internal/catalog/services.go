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
	seller   = with(need("seller_code", TypeText).max(32))
	customer = need("customer", TypeHex)

	// transaction is the document's object of that name.
	transaction = with(
		need("seller_code", TypeText).max(32),
		need("out_trade_no", TypeOrderID),
		need("body", TypeText).max(255),
		need("total_amount", TypeDouble),
		need("currency", TypeCurrency),
		may("notify_url", TypeURL).max(255),
		may("redirect_url", TypeURL).max(255),
		may("expires_in", TypeInteger).between(1, 1<<31-1),
	)
	withdrawal = append(without(transaction, "body"), may("body", TypeText).max(255), customer)
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
		need("first_name", TypeText), need("last_name", TypeText), need("phone_number", TypeNumeric),
		need("email", TypeText), may("muser_identity", TypeText)))},
	{"Merchant", "getUserUnderMerchant", "List users under merchant", fields(seller, with(need("page", TypeInteger).between(1, 1<<31-1)))},
	{"Merchant", "userprofile", "User info", fields(seller, with(
		may("user_id", TypeText).or("muser_identity"), may("muser_identity", TypeText).or("user_id")))},
	{"Merchant", "getTxnLists", "List transactions", fields(seller, with(need("page", TypeInteger).between(1, 1<<31-1)))},
	{"Merchant", "getTxnDetail", "Transaction info", fields(seller, with(need("transaction_ref", TypeText)))},
	{"Merchant", "moneytransfer", "Money transfer", fields(seller, with(
		need("amount", TypeDouble), need("currency", TypeCurrency), need("from_wallet_id", TypeText),
		need("to_wallet_id", TypeText), may("comment", TypeText)))},

	{"Bakong", "getbakongmembers", "List Bakong members", nil},
	{"Bakong", "generateKhqr", "Generate KHQR", with(need("wallet_ref", TypeText), need("user_id", TypeText), need("amount", TypeDouble))},
	{"Bakong", "decodeKhqr", "Decode KHQR", with(need("qrcode", TypeText))},
	{"Bakong", "payKhqr", "Pay KHQR", fields(seller, with(
		need("amount", TypeText), need("currency", TypeCurrency), may("remark", TypeText), need("qrcode", TypeText)))},

	{"Virtual card", "createVirtualCard", "Create virtual card", fields(seller, with(
		need("trans_limit_amount", TypeInteger), need("purchase_type", TypeText), need("cumulative_limit", TypeInteger),
		need("valid_for", TypeInteger).between(12, 24), need("max_trans", TypeInteger), need("currency", TypeCurrency),
		need("description", TypeText), may("wallet_id", TypeText)))},
	{"Virtual card", "getVirtualCards", "List virtual cards", fields(seller, with(may("user_id", TypeText)))},
	{"Virtual card", "getVirtualCardBalance", "Get virtual card balance", fields(seller, with(need("purchase_req_id", TypeText)))},
	{"Virtual card", "getVirtualCardDetail", "Get virtual card detail", fields(seller, with(need("purchase_req_id", TypeText)))},
	{"Virtual card", "getVirtualCardReport", "List virtual card report", fields(seller, with(
		need("purchase_req_id", TypeText), need("from", TypeInteger), need("to", TypeInteger)))},

	{"Tap to phone", "kioskCreateOrder", "Create order", transaction},
	{"Tap to phone", "confirmKioskOrder", "Confirm order", with(need("pre_order_id", TypeText))},

	{"Payment", "getpaymentmethods", "List payment methods", nil},
	{"Payment", "createorder", "Generate payment link", fields(transaction, with(
		may("login_type", TypeText).oneOf("ANONYMOUS", "GENERAL", "FACEBOOK"), may("setting", TypeObject), customer.optional()))},
	{"Payment", "nativePay", "Native pay", fields(transaction, with(
		may("only_deeplink", TypeBoolean), may("is_ios_device", TypeBoolean), need("service_code", TypeText).oneOf(ServiceCodes...)))},
	{"Payment", "quickpay", "Quick pay", fields(without(without(transaction, "redirect_url"), "expires_in"), with(
		need("auth_code", TypeNumeric), need("service_code", TypeText).oneOf("WECHAT", "ALIPAY"),
		may("login_type", TypeText).oneOf("ANONYMOUS", "GENERAL", "FACEBOOK")))},
	{"Payment", "directPay", "Direct pay", fields(transaction, with(
		need("card", TypeHex), may("setting", TypeObject), customer.optional()))},
	{"Payment", "closeorder", "Close order", with(need("out_trade_no", TypeOrderID))},
	{"Payment", "queryOrder", "Query order", with(need("out_trade_no", TypeOrderID))},
	{"Payment", "queryRefund", "Query refund", with(
		may("transaction_id", TypeText).max(32).or("merchant_reference"), may("merchant_reference", TypeText).max(32).or("transaction_id"))},
	{"Payment", "queryorderbydaterange", "Query order by date range", with(
		need("start_date", TypeDate), need("end_date", TypeDate),
		need("per_page", TypeInteger).between(1, 1000), need("page", TypeInteger).between(1, 1<<31-1))},
	{"Payment", "v2Refund", "Refund", with(
		need("out_trade_no", TypeOrderID), may("partial_refund_amount", TypeDouble), may("partial_refund_amount_ccy", TypeCurrency),
		need("reason", TypeText), may("callback_url", TypeURL), may("merchant_reference", TypeText).max(32))},
	{"Payment", "saveCard", "Tokenize card", fields(seller, with(
		need("notify_url", TypeURL).max(255), may("redirect_url", TypeURL).max(255)))},

	{"Withdraw", "verifybankaccount", "Verify bank account", fields(seller, with(need("bank_account_number", TypeNumeric), need("bic", TypeText)))},
	{"Withdraw", "tokenizebankaccount", "Tokenize bank account", fields(seller, with(
		need("bank_account_number", TypeNumeric), need("bic", TypeText), customer))},
	{"Withdraw", "withdraw", "Withdraw to a tokenized account", fields(withdrawal, with(need("bank_account_token", TypeText).max(64)))},
	{"Withdraw", "withdrawByBankNumber", "Withdraw by bank account", fields(withdrawal, with(
		need("bic", TypeText), need("bank_account", TypeText).max(64), may("user_id", TypeText)))},
}
