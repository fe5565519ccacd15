package kesssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/providers/kess/internal/gateway"
)

const (
	defaultLife = 1800 * time.Second
	timeForm    = "2006-01-02T15:04:05.000000Z"
)

// newOrder makes and keeps an order out of the document's transaction fields;
// a used out_trade_no is a duplicate.
func (s *Simulator) newOrder(c call) (*Order, *failure) {
	p := c.params
	if !validAmount(p.Text("total_amount"), p.Text("currency")) {
		return nil, refuse(http.StatusBadRequest, "total_amount", "must be more than zero, with the decimals of its currency")
	}

	enabled, failed := enabledMethods(p["setting"])
	if failed != nil {
		return nil, failed
	}

	customer, failed := s.decrypt(p, "customer", "phone_number", "email", "first_name", "last_name")
	if failed != nil {
		return nil, failed
	}
	if s.byReference(c.account.SellerCode, p.Text("out_trade_no")) != nil {
		return nil, refuse(http.StatusConflict, "out_trade_no", "has been used")
	}

	life := defaultLife
	if seconds, err := strconv.Atoi(p.Text("expires_in")); err == nil {
		life = time.Duration(seconds) * time.Second
	}

	now := s.now()
	s.state.Ledger.Orders = append(s.state.Ledger.Orders, Order{
		Service: c.service, SellerCode: c.account.SellerCode, Token: randomHex(12),
		OutTradeNo: p.Text("out_trade_no"), Body: p.Text("body"),
		TotalAmount: p["total_amount"].(json.Number), Currency: p.Text("currency"), Status: gateway.StatusWaiting,
		NotifyURL: p.Text("notify_url"), RedirectURL: p.Text("redirect_url"), SignType: p.Text("sign_type"),
		Enabled: enabled, Customer: customer, CreatedAt: now, ExpiredAt: now.Add(life),
	})
	return &s.state.Ledger.Orders[len(s.state.Ledger.Orders)-1], nil
}

func validAmount(text, code string) bool {
	currency, err := checkout.ParseCurrency(code)
	if err != nil {
		return false
	}
	money, err := checkout.ParseDecimal(text, currency)
	return err == nil && money.Minor > 0
}

// The fields of the document's objects "setting", "customer" and "card".
var (
	settingFields  = []string{"template", "enabled_payment_methods", "payment_type", "background_color", "display_fee_amount"}
	customerFields = []string{"phone_number", "email", "first_name", "last_name", "address", "city", "postcode"}
	cardFields     = []string{"number", "securityCode", "expiry"}
)

// unknown finds a field of an object that the document does not list.
func unknown(object map[string]any, listed []string) string {
	for name := range object {
		if !slices.Contains(listed, name) {
			return name
		}
	}
	return ""
}

func enabledMethods(setting any) ([]string, *failure) {
	object, given := setting.(map[string]any)
	if name := unknown(object, settingFields); name != "" {
		return nil, refuse(http.StatusBadRequest, "setting."+name, "is not known")
	}

	list, listed := object["enabled_payment_methods"]
	if !given || !listed {
		return nil, nil
	}

	wrong := refuse(http.StatusBadRequest, "setting.enabled_payment_methods", "must be a list of BICs")
	values, ok := list.([]any)
	if !ok {
		return nil, wrong
	}

	var enabled []string
	for _, value := range values {
		code, _ := value.(string)
		if _, known := findMethod(code); !known {
			return nil, wrong
		}
		enabled = append(enabled, code)
	}

	return enabled, nil
}

// decrypt opens an encrypted object and asks for its required parts.
func (s *Simulator) decrypt(params gateway.Params, field string, required ...string) (json.RawMessage, *failure) {
	sealed := params.Text(field)
	if sealed == "" {
		return nil, nil
	}

	text, err := gateway.Decrypt(s.key(), sealed)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, field, "cannot be decrypted")
	}

	object, err := gateway.ParseJSON(text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, field, "is not a JSON object")
	}

	listed := customerFields
	if field == "card" {
		listed = cardFields
	}

	if name := unknown(object, listed); name != "" {
		return nil, refuse(http.StatusBadRequest, field+"."+name, "is not known")
	}

	for _, name := range required {
		if object[name] == nil || object[name] == "" {
			return nil, refuse(http.StatusBadRequest, field+"."+name, "is missing")
		}
	}

	return text, nil
}

// orderInfo is the document's order_info.
func (s *Simulator) orderInfo(o Order) map[string]any {
	seller := o.SellerCode
	if alias, set := s.state.Aliases[o.Token]; set {
		seller = alias
	}

	info := map[string]any{
		"token": o.Token, "out_trade_no": o.OutTradeNo, "transaction_id": orNull(o.TransactionID), "body": o.Body,
		"total_amount": o.TotalAmount, "currency": o.Currency, "status": o.Status,
		"paid_at": timeOrNull(o.PaidAt), "settled_at": nil, "settlement_date": nil,
		"expired_at": timeOrNull(o.ExpiredAt), "created_at": timeOrNull(o.CreatedAt), "detail": []any{},
		"seller":         map[string]any{"code": seller, "display_name": s.state.Accounts[o.SellerCode].Name},
		"payment_detail": nil, "queue_number": "0001", "error_logs": []any{},
		"refund_histories": refundHistories(o.Refunds),
	}
	if o.Method != "" {
		info["payment_detail"] = map[string]any{"payment_method_bic": o.Method, "created_at": timeOrNull(o.CreatedAt)}
	}

	if o.FailCode != "" {
		info["error_logs"] = []any{map[string]any{"gatewayCode": o.FailCode, "acquirerMessage": failCodes[o.FailCode]}}
	}

	if o.CardToken != "" {
		info["card_info"] = cardInfo(o.CardToken)
	}

	return info
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func timeOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(timeForm)
}

func (s *Simulator) createOrder(c call) any {
	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}
	s.fly(*order)
	info := s.orderInfo(*order)
	info["payment_link"] = c.base + "/pay/" + order.Token
	return info
}

// nativePay gives a QR code, a link to one, or a deep link. Which methods have
// a link instead of a code is a choice; cards are refused, since the document
// has them on hosted pages.
func (s *Simulator) nativePay(c call) any {
	code := c.params.Text("service_code")
	method, known := findMethod(code)
	if !known || !c.account.has(code) || slices.Contains(cards, code) {
		return refuse(http.StatusUnprocessableEntity, "service_code", "is not available to this merchant")
	}

	onlyDeepLink := c.params.Text("only_deeplink") == "1"
	if onlyDeepLink && c.params.Text("is_ios_device") == "" {
		return refuse(http.StatusBadRequest, "is_ios_device", "is missing with only_deeplink")
	}

	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}

	order.Method = code
	s.fly(*order)
	data := map[string]any{
		"qrcode": nil, "qrcode_link": nil, "deeplink": nil, "for_ios": nil,
		"expires_in": int(order.ExpiredAt.Sub(order.CreatedAt).Seconds()), "brand_logo": c.base + "/logos/" + code + ".svg",
		"app_name": method.Title, "service_code": code, "order_info": s.orderInfo(*order),
	}

	link := c.base + "/app/" + order.Token
	switch {
	case onlyDeepLink:
		data["deeplink"], data["for_ios"] = link, c.params.Text("is_ios_device") == "1"
	case code == "UNIONPAY":
		data["qrcode_link"] = link
	default:
		data["qrcode"] = qrText(*order, c.account.Name)
	}

	return data
}

func (s *Simulator) quickPay(c call) any {
	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}
	if err := s.settle(order, c.params.Text("service_code"), false); err != nil {
		return refuse(http.StatusInternalServerError, "", "")
	}
	return s.orderInfo(*order)
}

// directPay takes a card that the merchant encrypted; nothing of it is kept.
func (s *Simulator) directPay(c call) any {
	if _, failed := s.decrypt(c.params, "card", "number", "securityCode", "expiry"); failed != nil {
		return failed
	}

	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}

	order.Method = "VISA_MASTER"
	return map[string]any{
		"required_3ds": true, "pre_card_input": true, "order_info": s.orderInfo(*order),
		"html_confirm_payment": fmt.Sprintf(`<a href="%s/pay/%s">Click here to continue</a>`, c.base, order.Token),
	}
}

func (s *Simulator) kioskCreateOrder(c call) any {
	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}
	return map[string]any{
		"amount": order.TotalAmount, "fee": 0, "total_amount": order.TotalAmount,
		"order_ref": "000000000936", "pre_order_id": order.Token, "order_info": s.orderInfo(*order),
	}
}

func (s *Simulator) confirmKioskOrder(c call) any {
	order := s.byToken(c.params.Text("pre_order_id"))
	if order == nil || order.SellerCode != c.account.SellerCode {
		return refuse(http.StatusNotFound, "", "")
	}
	return s.orderInfo(*order)
}

func (s *Simulator) queryOrder(c call) any {
	order := s.byReference(c.account.SellerCode, c.params.Text("out_trade_no"))
	if order == nil {
		return refuse(http.StatusNotFound, "", "")
	}
	return s.orderInfo(*order)
}

func (s *Simulator) closeOrder(c call) any {
	order := s.byReference(c.account.SellerCode, c.params.Text("out_trade_no"))
	switch {
	case order == nil:
		return refuse(http.StatusNotFound, "", "")
	case order.Status != gateway.StatusWaiting && order.Status != gateway.StatusClosed:
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "is "+order.Status)
	}
	order.Status = gateway.StatusClosed
	return s.orderInfo(*order)
}

// queryByDate lists the orders created on the days given, of Indochina time: a
// choice, as the document names no zone.
func (s *Simulator) queryByDate(c call) any {
	zone := cambodia.Zone
	from, _ := time.ParseInLocation(time.DateOnly, c.params.Text("start_date"), zone)
	to, _ := time.ParseInLocation(time.DateOnly, c.params.Text("end_date"), zone)
	if to.Before(from) {
		return refuse(http.StatusBadRequest, "end_date", "must be after or equal start date")
	}

	to = to.AddDate(0, 0, 1)
	items := []any{}
	for _, order := range s.state.Ledger.Orders {
		if order.SellerCode == c.account.SellerCode && !order.CreatedAt.Before(from) && order.CreatedAt.Before(to) {
			items = append(items, s.orderInfo(order))
		}
	}

	perPage, _ := strconv.Atoi(c.params.Text("per_page"))
	page, _ := strconv.Atoi(c.params.Text("page"))
	first := min(len(items), (page-1)*perPage)
	last := max(1, (len(items)+perPage-1)/perPage)
	return map[string]any{
		"items": items[first:min(len(items), first+perPage)], "current_page": page, "last_page": last,
		"total": len(items), "per_page": perPage,
	}
}

// withdraw answers as the document does, with the request's own numbers. No
// money is kept here to withdraw from.
func (s *Simulator) withdraw(c call) any {
	if _, failed := s.decrypt(c.params, "customer", "phone_number", "email", "first_name", "last_name"); failed != nil {
		return failed
	}

	var data map[string]any
	if err := json.Unmarshal(samples[c.service], &data); err != nil {
		return refuse(http.StatusInternalServerError, "", "")
	}

	data["out_trade_no"], data["currency"] = c.params.Text("out_trade_no"), c.params.Text("currency")
	data["total_amount"] = json.Number("-" + strings.TrimPrefix(c.params.Text("total_amount"), "-"))
	data["seller"] = map[string]any{"code": c.account.SellerCode, "display_name": c.account.Name}
	return data
}

func (s *Simulator) tokenize(c call) any {
	if _, failed := s.decrypt(c.params, "customer", "phone_number", "email", "first_name", "last_name"); failed != nil {
		return failed
	}
	return samples[c.service]
}
