package kess

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

// createHosted makes an order that is paid on KESS's own page (createorder).
func (p *Provider) createHosted(ctx context.Context, request orderRequest, settings Settings) (checkout.Created, error) {
	request.params["login_type"] = "ANONYMOUS"
	if setting := settings.page(request.code); setting != nil {
		request.params["setting"] = setting
	}

	if encrypted := p.customer(settings, request.start.Customer); encrypted != "" {
		request.params["customer"] = encrypted
	}

	var order client.Order
	err := p.client.Call(ctx, request.access, client.CreateOrder, request.params, &order)
	if err != nil {
		if order, err = p.recover(ctx, request.access, request.start.Payment, err); err != nil {
			return checkout.Created{}, err
		}
	}

	if err := sameWaiting(order, request.start.Payment, request.access); err != nil {
		return checkout.Created{}, err
	}

	link := pageLink(request.access, order.PaymentLink)
	if link == "" {
		return checkout.Created{}, errors.New("KESS gave no payment link")
	}

	made := created(order, checkout.NextAction{Kind: checkout.ActionRedirect, URL: link})
	if request.start.Customer.ID != "" {
		made.State, err = json.Marshal(hostedState{request.start.Customer.ID, request.start.SaveCard})
	}

	return made, err
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

	encrypted, err := client.Customer{
		PhoneNumber: phone, Email: known.Email, FirstName: first, LastName: strings.TrimSpace(last),
	}.Encrypt(key)
	if err != nil {
		p.log.Debug("encrypting the KESS customer failed", "error", err)
		return ""
	}

	return encrypted
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
