package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	keyPrefix = "key_"
	mostKeys  = 100 // that the list shows
)

// listKeys shows a merchant's keys, those that have ended too.
func (s *Server) listKeys(c echo.Context, v viewer) error {
	keys, err := s.store.LatestKeys(c.Request().Context(), v.merchant.ID, v.mode, mostKeys)
	if err != nil {
		return err
	}

	list := dashboard.KeyList{Page: s.page(c, v, "keys"), NewURL: v.path("/keys/new")}
	setDone(c, &list.Page, "key_revoked")
	for _, key := range keys {
		list.Keys = append(list.Keys, keyView(v, key, s.now()))
	}

	return render(c, http.StatusOK, dashboard.KeysPage(list))
}

func keyView(v viewer, key checkout.APIKey, now time.Time) dashboard.Key {
	view := dashboard.Key{
		ID: key.ID, Name: key.Name, Hint: key.Hint, Path: v.path("/keys/" + key.ID), State: "active",
		CreatedAt: templates.FormatTime(v.lang, key.CreatedAt),
	}

	for _, scope := range key.Scopes {
		view.Scopes = append(view.Scopes, string(scope))
	}

	for _, prefix := range key.Addresses {
		view.Addresses = append(view.Addresses, prefix.String())
	}

	if !key.UsedAt.IsZero() {
		view.UsedAt = templates.FormatTime(v.lang, key.UsedAt)
	}

	switch {
	case !key.RevokedAt.IsZero():
		view.State, view.EndsAt = "revoked", templates.FormatTime(v.lang, key.RevokedAt)
	case key.ExpiresAt.IsZero():
	case now.Before(key.ExpiresAt):
		view.State, view.EndsAt = "expiring", templates.FormatTime(v.lang, key.ExpiresAt)
	default:
		view.State, view.EndsAt = "expired", templates.FormatTime(v.lang, key.ExpiresAt)
	}

	return view
}

// ownKey loads the key of the path, if it is of the viewer's merchant and mode.
func (s *Server) ownKey(c echo.Context, v viewer) (checkout.APIKey, error) {
	id, err := request.PathID(c, "key", keyPrefix)
	if err != nil {
		return checkout.APIKey{}, err
	}

	key, err := s.store.Key(c.Request().Context(), id)
	if err == nil && (key.MerchantID != v.merchant.ID || key.Mode != v.mode) {
		err = checkout.ErrNotFound
	}
	return key, err
}

// keyForm is the form of a new key with the values of a form that was posted.
func keyForm(v viewer, values url.Values) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, key) }
	scopes := dashboard.Field{Name: "scopes", Label: t("key.scopes"), Kind: dashboard.FieldBoxes}
	for _, scope := range checkout.Scopes() {
		option := dashboard.Option{Value: string(scope), Text: t("scope." + string(scope))}
		for _, chosen := range values["scopes"] {
			option.Chosen = option.Chosen || chosen == string(scope)
		}
		scopes.Options = append(scopes.Options, option)
	}

	return dashboard.Form{
		Action: v.path("/keys"), Back: v.path("/keys"), Submit: t("keys.new"),
		Fields: []dashboard.Field{
			{Name: "name", Label: t("key.name"), Value: values.Get("name"), MaxLength: 255, Hint: t("key.name.hint")},
			scopes,
			{Name: "addresses", Label: t("key.addresses"), Kind: dashboard.FieldLines, Value: values.Get("addresses"), Hint: t("key.addresses.hint")},
			expiryField(v, values.Get("expires")),
		},
	}
}

func expiryField(v viewer, value string) dashboard.Field {
	return dashboard.Field{
		Name: "expires", Label: dashboard.T(v.lang, "key.expires"), Kind: "date", Value: value, Hint: dashboard.T(v.lang, "key.expires.hint"),
	}
}

func (s *Server) showNewKey(c echo.Context, v viewer) error {
	values := url.Values{}
	for _, scope := range checkout.Scopes() {
		values.Add("scopes", string(scope))
	}
	return s.newKeyForm(c, v, http.StatusOK, keyForm(v, values))
}

func (s *Server) newKeyForm(c echo.Context, v viewer, status int, form dashboard.Form) error {
	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "keys", "keys.new"), Form: form}))
}

// createKey makes a key, which another page shows, once.
func (s *Server) createKey(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	params, err := keyParams(v, values)
	if err == nil {
		var text checkout.Secret
		var key checkout.APIKey
		if text, key, err = checkout.CreateKey(v.context(c), s.store, params, s.now()); err == nil {
			return s.keepSecret(c, v, key.ID, text, v.path("/keys/"+key.ID))
		}
	}

	form := keyForm(v, values)
	status, refusal := refused(&form, err)
	if refusal != nil {
		return refusal
	}

	return s.newKeyForm(c, v, status, form)
}

// keyParams reads the form of a new key. Without any scope it is refused: a key with
// all of them must be asked for.
func keyParams(v viewer, values url.Values) (checkout.KeyParams, error) {
	expires, err := parseDate("expires", values.Get("expires"))
	if len(values["scopes"]) == 0 {
		err = errors.Join(err, checkout.Invalidf("scopes", "scopes_missing", "Choose at least one scope."))
	}
	return checkout.KeyParams{
		MerchantID: v.merchant.ID, Mode: v.mode, Name: values.Get("name"), Scopes: values["scopes"],
		Addresses: strings.Fields(values.Get("addresses")), ExpiresAt: expires,
	}, err
}

// parseDate reads a field of type date: its day's first moment in Cambodia; the zero
// time when it is empty.
func parseDate(param, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, cambodia.Zone)
	if err != nil {
		return time.Time{}, checkout.Invalidf(param, param+"_invalid", "This must be a date, such as 2026-01-31.")
	}
	return day, nil
}

// showKey shows a key that is new, this once.
func (s *Server) showKey(c echo.Context, v viewer) error {
	key, err := s.ownKey(c, v)
	if err != nil {
		return err
	}

	page := dashboard.SecretPage{Page: s.titled(c, v, "keys", "key.title"), Label: dashboard.T(v.lang, "key.title"), NextURL: v.path("/keys")}
	if key.Name != "" {
		page.Facts = []dashboard.Fact{{Name: dashboard.T(v.lang, "key.name"), Text: key.Name}}
	}
	return s.secretPage(c, v, key.ID, page)
}
