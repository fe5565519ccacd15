package kess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const (
	minExpiresIn     = 60
	defaultExpiresIn = 30 * time.Minute
	maxBody          = 255
)

var errMismatch = errors.New("KESS's order is not the one asked for")

// Payees is the seller.
func (p *Provider) Payees(account checkout.Account) ([]string, error) {
	_, access, err := read(account)
	return []string{access.SellerCode}, err
}

// CreatePayment fills checkout.Provider: createorder for the hosted methods,
// nativePay for the others. ProviderID is KESS's token of the order.
func (p *Provider) CreatePayment(ctx context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	settings, access, err := read(account)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	code, _ := strings.CutPrefix(start.Payment.Method, Name)
	code = strings.TrimPrefix(code, ":")
	order := orderParams(settings, start, p.now())
	if code == savedMethod {
		return p.createHosted(ctx, access, settings, order, start, cardMethod)
	}
	if code == "" || slices.Contains(hostedOnly, code) {
		return p.createHosted(ctx, access, settings, order, start, code)
	}

	return p.createNative(ctx, access, order, start, code)
}

// orderParams are the fields of the document's transaction object.
func orderParams(settings Settings, start checkout.Start, now time.Time) client.Params {
	life := defaultExpiresIn
	if !start.Payment.ExpiresAt.IsZero() {
		life = start.Payment.ExpiresAt.Sub(now)
	}

	if limit := time.Duration(settings.ExpiresIn) * time.Second; limit > 0 {
		life = min(life, limit)
	}

	return client.Params{
		"seller_code":  settings.SellerCode,
		"out_trade_no": start.Payment.Reference,
		"body":         body(start.Description, start.Payment.Reference),
		"total_amount": json.Number(start.Payment.Amount.Decimal()),
		"currency":     string(start.Payment.Amount.Currency),
		"notify_url":   start.CallbackURL,
		"redirect_url": start.ReturnURL,
		"expires_in":   max(minExpiresIn, int(life.Seconds())),
	}
}

// body describes the order without "&" and "=", which the signed text does
// not escape, and without control characters.
func body(description, reference string) string {
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '&' || r == '=' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, description))
	if clean == "" {
		return "Order " + reference
	}
	if runes := []rune(clean); len(runes) > maxBody {
		return string(runes[:maxBody])
	}

	return clean
}

func (p *Provider) createHosted(ctx context.Context, access client.Account, settings Settings, params client.Params, start checkout.Start, code string) (checkout.Created, error) {
	params["login_type"] = "ANONYMOUS"
	if setting := settings.page(code); setting != nil {
		params["setting"] = setting
	}

	if sealed := p.customer(settings, start.Customer); sealed != "" {
		params["customer"] = sealed
	}

	var order client.Order
	err := p.client.Call(ctx, access, client.CreateOrder, params, &order)
	if err != nil {
		if order, err = p.recover(ctx, access, start.Payment, err); err != nil {
			return checkout.Created{}, err
		}
	}

	if err := sameWaiting(order, start.Payment, access); err != nil {
		return checkout.Created{}, err
	}

	link := pageLink(access, order.PaymentLink)
	if link == "" {
		return checkout.Created{}, errors.New("KESS gave no payment link")
	}

	made := created(order, checkout.NextAction{Kind: checkout.ActionRedirect, URL: link})
	if start.Customer.ID != "" {
		made.State, err = json.Marshal(hostedState{start.Customer.ID, start.SaveCard})
	}

	return made, err
}

// pageLink is the address of a page of KESS's: https where the gateway is.
func pageLink(access client.Account, link string) string {
	if strings.HasPrefix(access.BaseURL, "https:") {
		return safeLink(link, "https")
	}
	return safeLink(link, "https", "http")
}

// page is the hosted page's setting, restricted to one method when the buyer
// chose it on our page.
func (s Settings) page(code string) *PageSetting {
	setting := PageSetting{}
	if s.Setting != nil {
		setting = *s.Setting
	}

	switch {
	case code != "":
		setting.EnabledPaymentMethods = []string{code}
	case len(setting.EnabledPaymentMethods) == 0:
		setting.EnabledPaymentMethods = s.Methods
	}

	if s.Setting == nil && len(setting.EnabledPaymentMethods) == 0 {
		return nil
	}

	return &setting
}

// customer encrypts what is known of the buyer; empty when KESS's required
// parts are not known, do not fit, or no key is set.
func (p *Provider) customer(settings Settings, known checkout.Customer) string {
	first, last, named := strings.Cut(strings.TrimSpace(known.Name), " ")
	phone := localPhone(known.Phone)
	if settings.PublicKey == "" || !named || phone == "" || known.Email == "" {
		return ""
	}

	key, err := client.ParsePublicKey(settings.PublicKey)
	if err != nil {
		return ""
	}

	sealed, err := client.Customer{
		PhoneNumber: phone, Email: known.Email, FirstName: first, LastName: strings.TrimSpace(last),
	}.Encrypt(key)
	if err != nil {
		p.log.Debug("KESS customer left out", "error", err)
		return ""
	}

	return sealed
}

// localPhone writes a phone number as KESS does: digits, 012345678.
func localPhone(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	if national, found := strings.CutPrefix(digits, "855"); found {
		return "0" + strings.TrimPrefix(national, "0")
	}
	return digits
}

// recover finds out what became of an order whose creation brought no usable
// answer, or that exists already (409): createorder must not be repeated. The
// document's answers to queryOrder have no payment_link; it is made as the
// document writes it ({baseUrl}/pay/{token}).
func (p *Provider) recover(ctx context.Context, access client.Account, payment checkout.Payment, cause error) (client.Order, error) {
	if errors.Is(cause, client.Failed(client.ValidationError)) || errors.Is(cause, client.Failed(client.NotFound)) {
		return client.Order{}, refusal(cause)
	}
	if ctx.Err() != nil || checkout.IsNotStarted(cause) {
		return client.Order{}, cause
	}

	var order client.Order
	err := p.client.Call(ctx, access, client.QueryOrder, client.Params{"out_trade_no": payment.Reference}, &order)
	switch {
	case err == nil:
		if order.PaymentLink == "" && order.Token != "" {
			order.PaymentLink = access.BaseURL + "/pay/" + url.PathEscape(order.Token)
		}
		return order, nil

	case errors.Is(err, client.Failed(client.NotFound)) && errors.Is(cause, client.Failed(client.ProcessFailed)):
		return client.Order{}, refusal(cause)
	}

	return client.Order{}, cause
}

// refusal is KESS's definite no.
func refusal(cause error) error {
	var no *client.Error
	if !errors.As(cause, &no) {
		return cause
	}
	return &checkout.Refused{Code: no.Code, Reason: no.Message, Buyer: tryOther}
}

// sameWaiting compares the order that KESS made with the one asked for.
func sameWaiting(order client.Order, payment checkout.Payment, access client.Account) error {
	if err := sameOrder(order, payment, access); err != nil {
		return err
	}
	if status := client.NormalStatus(order.Status); status != client.StatusWaiting {
		return fmt.Errorf("%w: its status is %q", errMismatch, status)
	}
	if order.Token == "" {
		return fmt.Errorf("%w: it has no token", errMismatch)
	}

	total, err := checkout.ParseDecimal(order.TotalAmount.String(), payment.Amount.Currency)
	if err != nil || total != payment.Amount || order.Currency != string(payment.Amount.Currency) {
		return fmt.Errorf("%w: it is for %s %s", errMismatch, order.TotalAmount, order.Currency)
	}

	return nil
}

// sameOrder compares whose order it is.
func sameOrder(order client.Order, payment checkout.Payment, access client.Account) error {
	if order.OutTradeNo != payment.Reference {
		return fmt.Errorf("%w: its out_trade_no is %q", errMismatch, order.OutTradeNo)
	}
	if order.Seller.Code != access.SellerCode {
		return fmt.Errorf("%w: its seller is %q", errMismatch, order.Seller.Code)
	}
	return nil
}

func created(order client.Order, action checkout.NextAction) checkout.Created {
	return checkout.Created{
		ProviderID: order.Token,
		NextAction: action, ExpiresAt: client.Time(order.ExpiredAt),
	}
}
