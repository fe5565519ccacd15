package client

// Prefix is before every service's name on the wire.
const Prefix = "webpay.acquire."

// The services that the adapter calls, by their names on the wire.
const (
	GetPaymentMethods     = Prefix + "getpaymentmethods"
	CreateOrder           = Prefix + "createorder"
	NativePayService      = Prefix + "nativePay"
	QueryOrder            = Prefix + "queryOrder"
	CloseOrder            = Prefix + "closeorder"
	QueryOrderByDateRange = Prefix + "queryorderbydaterange"
	Refund                = Prefix + "v2Refund"
	QueryRefund           = Prefix + "queryRefund"
	SaveCard              = Prefix + "saveCard"
	MerchantInfo          = Prefix + "merchantinfo"
)
