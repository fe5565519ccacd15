package bakong

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/bakong/internal/client"
)

const (
	// linkTimeout is the most a buyer waits for the deep link.
	linkTimeout = 2 * time.Second

	// linkPause is how long no deep link is asked for after Bakong did not answer
	// the last request for one, so that not every buyer waits.
	linkPause = 3 * time.Second
)

// state is what Payment.State holds.
type state struct {
	QR  string `json:"qr"`
	MD5 string `json:"md5"`
}

// CreatePayment makes the code. Only its deep link comes from Bakong, and a
// payment does without it.
func (p *Provider) CreatePayment(ctx context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Created{}, &checkout.Refused{Code: "settings_invalid", Reason: err.Error()}
	}

	now := p.now()
	expires := now.Add(min(settings.life(), maxLife*time.Second))
	if ends := start.Payment.ExpiresAt; !ends.IsZero() && ends.Before(expires) {
		expires = ends
	}

	expires = expires.Truncate(time.Millisecond)
	if expires.Sub(now) < time.Millisecond {
		return checkout.Created{}, &checkout.Refused{Code: "expired", Reason: "The session has ended.", Buyer: expired}
	}

	qr, err := encode(settings, start.Payment, now, expires)
	if err != nil {
		return checkout.Created{}, &checkout.Refused{Code: "khqr_invalid", Reason: err.Error()}
	}

	made := state{QR: qr, MD5: khqr.MD5(qr)}
	raw, err := json.Marshal(made)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(fmt.Errorf("encode state: %w", err))
	}

	return checkout.Created{
		ProviderID: made.MD5,
		NextAction: checkout.NextAction{
			Kind:      checkout.ActionQRCode,
			QRCode:    qr,
			Payee:     settings.MerchantName,
			DeepLinks: append(p.deepLinks(ctx, settings, start, qr), bankLinks(settings, qr)...),
		},
		State:     raw,
		ExpiresAt: expires,
	}, nil
}

func encode(settings Settings, payment checkout.Payment, now, expires time.Time) (string, error) {
	if !settings.takes(payment.Amount.Currency) {
		return "", fmt.Errorf("the account takes no %s", payment.Amount.Currency)
	}

	code := settings.code(payment.Amount.Currency)
	amount, err := khqr.FormatAmount(payment.Amount.Minor, code.Currency)
	if err != nil {
		return "", err
	}

	code.Amount, code.BillNumber = amount, payment.Reference
	code.Created, code.Expires = now, expires
	return code.Encode(now)
}

// deepLinks asks for a link that opens the code in a bank app; none when it
// does not come soon, or when Bakong has just left the request for one unanswered.
func (p *Provider) deepLinks(ctx context.Context, settings Settings, start checkout.Start, qr string) []checkout.DeepLink {
	if p.linkPauses.paused(settings.address(), p.now()) {
		return nil
	}

	ctx, cancel := context.WithTimeout(ctx, linkTimeout)
	defer cancel()

	var link string
	api, err := p.routes.client(settings)
	if err == nil {
		link, err = api.DeepLink(ctx, qr, sourceInfo(settings, start))
	}
	if _, bad := checkout.ParseWebURL(link); err == nil && bad != nil {
		err = fmt.Errorf("bakong: the deep link %w", bad)
	}

	if unanswered(err) {
		p.linkPauses.pause(settings.address(), p.now().Add(linkPause))
	}
	if err != nil {
		p.log.WarnContext(ctx, "no deep link for this payment", "payment", start.Payment.ID, "error", err)
		return nil
	}

	return []checkout.DeepLink{{App: "Bakong", URL: link}}
}

// unanswered reports whether a call brought no answer of Bakong's own: none at
// all, or that of a gateway in front of it.
func unanswered(err error) bool {
	var refused *client.Error
	if errors.As(err, &refused) {
		return refused.Status > http.StatusInternalServerError
	}
	return err != nil
}

func sourceInfo(settings Settings, start checkout.Start) *client.SourceInfo {
	source := client.SourceInfo{
		AppIconURL:          settings.AppIconURL,
		AppName:             cmp.Or(settings.AppName, start.MerchantName, settings.MerchantName),
		AppDeepLinkCallback: cmp.Or(settings.AppCallback, start.ReturnURL),
	}
	if source.AppIconURL == "" || source.AppName == "" || source.AppDeepLinkCallback == "" {
		return nil
	}
	return &source
}
