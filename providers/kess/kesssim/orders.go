package kesssim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/providers/kess/internal/client"
)

// defaultLifetime is an order's without expires_in.
const defaultLifetime = 1800 * time.Second

// newOrder records an order from the document's transaction fields. A used
// out_trade_no is a duplicate.
func (s *Simulator) newOrder(c call) (*Order, *failure) {
	p := c.params
	if !validAmount(p.Text("total_amount"), p.Text("currency")) {
		return nil, refuse(http.StatusBadRequest, "total_amount", "must be more than zero, with the decimals of its currency")
	}

	enabled, failed := enabledMethods(p["setting"])
	if failed != nil {
		return nil, failed
	}

	var customer json.RawMessage
	if encrypted := p.Text("customer"); encrypted != "" {
		if customer, failed = s.decrypt("customer", encrypted); failed != nil {
			return nil, failed
		}
	}
	if s.byReference(c.account.SellerCode, p.Text("out_trade_no")) != nil {
		return nil, refuse(http.StatusConflict, "out_trade_no", "has been used")
	}

	lifetime := defaultLifetime
	if seconds, err := strconv.Atoi(p.Text("expires_in")); err == nil {
		lifetime = time.Duration(seconds) * time.Second
	}

	now := s.Now()
	s.state.Ledger.Orders = append(s.state.Ledger.Orders, Order{
		Service: c.service, SellerCode: c.account.SellerCode, Token: randomHex(12),
		OutTradeNo: p.Text("out_trade_no"), Body: p.Text("body"),
		TotalAmount: p["total_amount"].(json.Number), Currency: p.Text("currency"), Status: client.StatusWaiting,
		NotifyURL: p.Text("notify_url"), RedirectURL: p.Text("redirect_url"), SignType: p.Text("sign_type"),
		Enabled: enabled, Customer: customer, CreatedAt: now, ExpiredAt: now.Add(lifetime),
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

func (s *Simulator) createOrder(c call) any {
	order, failed := s.newOrder(c)
	if failed != nil {
		return failed
	}
	s.schedule(*order)
	info := s.orderInfo(*order)
	info["payment_link"] = c.base + "/pay/" + order.Token
	return info
}

// nativePay returns a QR code, a link to one, or a deep link. Which methods have
// a link instead of a code is a choice; cards are refused, since the document
// has them on hosted pages.
func (s *Simulator) nativePay(c call) any {
	code := c.params.Text("service_code")
	method, ok := findMethod(code)
	if !ok || !c.account.offers(code) || slices.Contains(cardMethods, code) {
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
	s.schedule(*order)
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
	case order.Status != client.StatusWaiting && order.Status != client.StatusClosed:
		return refuse(http.StatusUnprocessableEntity, "out_trade_no", "is "+order.Status)
	}
	order.Status = client.StatusClosed
	return s.orderInfo(*order)
}

// queryByDate lists the orders created on the days given, of Cambodia's time: a
// choice, as the document names no zone.
func (s *Simulator) queryByDate(c call) any {
	from, _ := time.ParseInLocation(time.DateOnly, c.params.Text("start_date"), cambodia.Zone)
	to, _ := time.ParseInLocation(time.DateOnly, c.params.Text("end_date"), cambodia.Zone)
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
