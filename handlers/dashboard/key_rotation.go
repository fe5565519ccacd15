package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/web/templates/dashboard"
)

func (s *Server) showKeyRotation(c echo.Context, v viewer) error {
	key, err := s.ownKey(c, v)
	if err != nil {
		return err
	}

	values := url.Values{"overlap": {overlaps[0]}}
	if !key.ExpiresAt.IsZero() {
		values.Set("expires", key.ExpiresAt.In(cambodia.Zone).Format(time.DateOnly))
	}
	return s.keyRotationForm(c, v, key, http.StatusOK, rotationFields(v, values))
}

func rotationFields(v viewer, values url.Values) dashboard.Form {
	return dashboard.Form{Fields: []dashboard.Field{overlapField(v, "overlap", values.Get("overlap")), expiryField(v, values.Get("expires"))}}
}

func (s *Server) keyRotationForm(c echo.Context, v viewer, key checkout.APIKey, status int, form dashboard.Form) error {
	form.Action, form.Back, form.Submit = v.path("/keys/"+key.ID+"/rotate"), v.path("/keys"), dashboard.T(v.lang, "key.rotate")
	return render(c, status, dashboard.WithForm(dashboard.FormPage{
		Page: s.titled(c, v, "keys", "key.rotate"), Form: form,
		Lead: dashboard.T(v.lang, "key.rotate.lead", "key", key.Name+" …"+key.Hint),
	}))
}

// rotateKey makes a key in place of another one, which works for a while yet. Another page
// shows it, once.
func (s *Server) rotateKey(c echo.Context, v viewer) error {
	before, err := s.ownKey(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	text, key, err := s.replaceKey(c, v, before, values)
	if err != nil {
		form := rotationFields(v, values)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}

		return s.keyRotationForm(c, v, before, status, form)
	}

	return s.keepSecret(c, v, key.ID, text, v.path("/keys/"+key.ID))
}

func (s *Server) replaceKey(c echo.Context, v viewer, before checkout.APIKey, values url.Values) (checkout.Secret, checkout.APIKey, error) {
	expires, err := parseDate("expires", values.Get("expires"))
	if err != nil {
		return "", before, err
	}

	seconds, err := strconv.Atoi(values.Get("overlap"))
	if err != nil || seconds > int(longestOverlap/time.Second) {
		return "", before, checkout.Invalidf("overlap", "overlap_invalid", "Choose one of these.")
	}

	return checkout.CreateKey(v.context(c), s.store, checkout.KeyParams{
		MerchantID: v.merchant.ID, Replaces: before.ID, Overlap: time.Duration(seconds) * time.Second, ExpiresAt: expires,
	}, s.now())
}

// longestOverlap is how long a key may work beside the one that replaces it.
const longestOverlap = 7 * 24 * time.Hour

// revokeKey ends a key at once.
func (s *Server) revokeKey(c echo.Context, v viewer) error {
	key, err := s.ownKey(c, v)
	if err != nil {
		return err
	}
	if _, err := s.store.RevokeKey(v.context(c), key.ID, s.now()); err != nil {
		return err
	}
	return redirect(c, v.path("/keys?done=key_revoked"))
}
