package client

import (
	"encoding/json"
	"strings"
	"time"

	"rieltime/checkout"
)

// Order is the document's order_info, as far as it is used.
type Order struct {
	Token         string          `json:"token"`
	OutTradeNo    string          `json:"out_trade_no"`
	TransactionID string          `json:"transaction_id"`
	TotalAmount   json.Number     `json:"total_amount"`
	Currency      string          `json:"currency"`
	Status        string          `json:"status"`
	PaidAt        string          `json:"paid_at"`
	ExpiredAt     string          `json:"expired_at"`
	CreatedAt     string          `json:"created_at"`
	PaymentLink   string          `json:"payment_link"`
	Seller        Seller          `json:"seller"`
	Refunds       []RefundHistory `json:"refund_histories"`
	ErrorLogs     json.RawMessage `json:"error_logs"`
	Card          CardInfo        `json:"card_info"`
}

// CardInfo is the card that an order was paid with.
type CardInfo struct {
	Token         checkout.Secret `json:"card_token"`
	Scheme        string          `json:"scheme"`         // "VISA"
	AccountNumber string          `json:"account_number"` // masked
}

// UnmarshalJSON reads what it can: no card may stand in the way of a payment.
// PHP writes an empty list for an empty object, and members of another type are
// left out.
func (c *CardInfo) UnmarshalJSON(text []byte) error {
	type plain CardInfo
	_ = json.Unmarshal(text, (*plain)(c)) // fills the members that fit
	return nil
}

// Seller is whose order it is.
type Seller struct {
	Code string `json:"code"`
}

// The order statuses: those of the document, and below them those seen in
// public.
const (
	StatusWaiting              = "WAITING"
	StatusSuccess              = "SUCCESS"
	StatusClosed               = "CLOSED"
	StatusRefunded             = "REFUNDED"
	StatusPendingRefunded      = "PENDING_REFUNDED"
	StatusPartialRefunded      = "PARTIAL_REFUNDED"
	StatusPendingPartialRefund = "PENDING_PARTIAL_REFUND"

	StatusFailed   = "FAILED"
	StatusExpired  = "EXPIRED"
	StatusVoid     = "VOID"
	StatusReversal = "REVERSAL"
)

// Refunded reports whether a normal status says that money came and went back,
// in part or whole, done or under way.
func Refunded(status string) bool { return RefundDone(status) || RefundPending(status) }

// RefundDone reports whether a normal status says that a refund is made.
func RefundDone(status string) bool {
	return status == StatusRefunded || status == StatusPartialRefunded
}

// RefundPending reports whether a normal status says that a refund is under way.
// The document writes one of them without the last letters.
func RefundPending(status string) bool {
	return status == StatusPendingRefunded || strings.TrimSuffix(status, "ED") == StatusPendingPartialRefund
}

// NormalStatus trims and upper-cases a status: the document's own carry a
// trailing blank.
func NormalStatus(status string) string { return strings.ToUpper(strings.TrimSpace(status)) }

// Time reads the document's Datetime ("2022-07-18T10:44:53.000000Z"); zero
// when it is absent or not one.
func Time(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// NativePay is the answer of nativePay.
type NativePay struct {
	QRCode      string `json:"qrcode"`
	QRCodeLink  string `json:"qrcode_link"`
	DeepLink    string `json:"deeplink"`
	AppName     string `json:"app_name"`
	ServiceCode string `json:"service_code"`
	Order       Order  `json:"order_info"`
}

// PaymentMethod is one of the merchant's ways to pay.
type PaymentMethod struct {
	Title     string `json:"title"`
	LogoURL   string `json:"img_url"`
	BIC       string `json:"bic"`
	StoreLink struct {
		IOS     string `json:"ios"`
		Android string `json:"android"`
	} `json:"storelink"`
}

// RefundHistory is what KESS says of one refund.
type RefundHistory struct {
	Amount            json.Number `json:"amount"`
	Currency          string      `json:"currency"`
	Status            string      `json:"status"`
	Reason            string      `json:"reason"`
	TransactionID     string      `json:"transaction_id"`
	RejectedReason    string      `json:"rejected_reason"`
	OutTradeNo        string      `json:"out_trade_no"`
	MerchantReference string      `json:"merchant_reference"`
}

// OrderPage is one page of queryorderbydaterange.
type OrderPage struct {
	Items       []Order     `json:"items"`
	CurrentPage json.Number `json:"current_page"`
	LastPage    json.Number `json:"last_page"`
}
