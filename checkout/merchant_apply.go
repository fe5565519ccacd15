package checkout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// MerchantSpec is a merchant's file for `rieltime merchant apply`.
type MerchantSpec struct {
	ID             string     `json:"id"`                        // a short name of lower-case letters, digits and dashes
	Name           string     `json:"name"`                      // shown to buyers
	LogoURL        string     `json:"logo_url,omitempty"`        // http(s), optional
	Accent         string     `json:"accent,omitempty"`          // "#rrggbb", optional
	SupportContact string     `json:"support_contact,omitempty"` // shown to buyers when something goes wrong
	TermsURL       string     `json:"terms_url,omitempty"`
	ReturnHosts    []string   `json:"return_hosts"`            // hosts that success and cancel URLs may be on
	FrameHosts     []string   `json:"frame_hosts,omitempty"`   // hosts whose pages may show the checkout in a frame
	Methods        []string   `json:"methods,omitempty"`       // preferred order
	LatePayments   LatePolicy `json:"late_payments,omitempty"` // "review" (default) or "accept"
	FixedTime      bool       `json:"fixed_time,omitempty"`    // buyers get no more time: what they buy is held for them, or its price is
	Exchange       Exchange   `json:"exchange,omitzero"`       // of paying in another currency than the price's
	Test           *ModeSpec  `json:"test,omitempty"`
	Live           *ModeSpec  `json:"live,omitempty"`
}

// ModeSpec is what a merchant has in one mode.
type ModeSpec struct {
	WebhookURL string                     `json:"webhook_url,omitempty"`
	Providers  map[string]json.RawMessage `json:"providers"` // settings by provider name
	Telegram   *TelegramSpec              `json:"telegram,omitempty"`
	Emails     []EmailSpec                `json:"emails,omitempty"` // nil: those in the list stay
}

// EmailSpec is an e-mail address that is notified of a merchant's payments in one mode, once
// who reads it has confirmed that.
type EmailSpec struct {
	Address string `json:"address"`
	Locale  string `json:"locale"`
	Details bool   `json:"details"` // notices say who paid
}

// TelegramSpec is a merchant's Telegram bot in one mode. Its chats are linked by codes.
type TelegramSpec struct {
	Token   string `json:"token,omitempty"` // empty: the bot that is linked stays
	Webhook bool   `json:"webhook"`         // Telegram sends what is written to it; else it is fetched
}

// MerchantSetup is a merchant as it is to be stored.
type MerchantSetup struct {
	Merchant Merchant
	Modes    []ModeSetup
	At       time.Time
	Version  int64 // of the settings that it changes; 0: whichever they are
}

// ModeSetup is one mode of a MerchantSetup. Key and Endpoint are candidates:
// they are stored only when the merchant has none yet. Without KeyText no key is made.
type ModeSetup struct {
	Mode     Mode
	Accounts []Account
	KeyText  Secret
	Key      APIKey
	Endpoint WebhookEndpoint // no URL: the merchant receives no webhooks in this mode
}

// Applied is what applying a merchant's file made. New secrets are shown here
// and never again.
type Applied struct {
	Modes    []AppliedMode
	Warnings []string
}

// AppliedMode is Applied for one mode; empty secrets are those that existed
// already.
type AppliedMode struct {
	Mode          Mode
	APIKey        Secret
	WebhookSecret Secret
	Accounts      map[string]string // account ids by provider
	Register      []Address         // what the merchant registers with its providers
}

// MerchantStore keeps merchants' set-ups.
type MerchantStore interface {
	ApplyMerchant(ctx context.Context, setup MerchantSetup) ([]AppliedMode, error)

	// MerchantSettings are what is stored of a merchant.
	MerchantSettings(ctx context.Context, id string) (MerchantSettings, error)

	// AccountID finds the id of the account that a merchant has in a mode at a
	// provider, enabled or not; ErrNotFound when there is none.
	AccountID(ctx context.Context, account Account) (string, error)
}

// ParseMerchantSpec reads a merchant's file, as JSON, strictly; see ReadSettings.
func ParseMerchantSpec(text []byte) (MerchantSpec, error) {
	var spec MerchantSpec
	err := ReadSettings(text, &spec)
	return spec, err
}

var (
	merchantID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	accentForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	hostForm   = regexp.MustCompile(`^[a-zA-Z0-9.-]+(:[0-9]{1,5})?$`)
)

// ErrSettingsChanged is a change of settings that are not any more as they were read.
var ErrSettingsChanged = &Error{
	Kind: KindConflict, Code: "settings_changed",
	Detail: "Somebody else has changed the settings since you opened this form. Nothing is saved: open the form again and repeat your change.",
}

// ApplyMerchant makes a merchant or changes it to what its file says; applying
// the same file again changes nothing. A provider's definite no to an account
// is an error; a provider that cannot be reached only a warning.
func (s *Service) ApplyMerchant(ctx context.Context, store MerchantStore, spec MerchantSpec) (Applied, error) {
	return s.saveMerchant(ctx, store, spec, MerchantSettings{})
}

// SaveMerchant changes a merchant as ApplyMerchant does, from what its settings were when
// they were read: if they are others by now, it is ErrSettingsChanged. It asks no provider
// about an account that stays as it is, and makes no API key.
func (s *Service) SaveMerchant(ctx context.Context, store MerchantStore, spec MerchantSpec, before MerchantSettings) (Applied, error) {
	return s.saveMerchant(ctx, store, spec, before)
}

// saveMerchant checks a merchant's file and stores it. before is what is stored; one
// without a version stands for whatever is.
func (s *Service) saveMerchant(ctx context.Context, store MerchantStore, spec MerchantSpec, before MerchantSettings) (Applied, error) {
	wrong := spec.check(before)
	setup := MerchantSetup{At: s.now(), Version: before.Version, Merchant: Merchant{
		ID: spec.ID, Name: spec.Name, LogoURL: spec.LogoURL, Accent: spec.Accent, SupportContact: spec.SupportContact,
		TermsURL: spec.TermsURL, ReturnHosts: spec.ReturnHosts, Methods: spec.Methods, LatePayments: LatePolicy(cmp.Or(string(spec.LatePayments), string(LateReview))),
		FixedTime: spec.FixedTime, FrameHosts: spec.FrameHosts, Exchange: spec.Exchange,
	}}

	var applied Applied
	for _, mode := range []Mode{ModeTest, ModeLive} {
		modeSpec := spec.mode(mode)
		if modeSpec == nil {
			continue
		}

		modeSetup, warnings, err := s.modeSetup(ctx, store, Account{MerchantID: spec.ID, Mode: mode}, *modeSpec, before)
		wrong = errors.Join(wrong, err)
		setup.Modes = append(setup.Modes, modeSetup)
		applied.Warnings = append(applied.Warnings, warnings...)
	}

	if wrong != nil {
		return Applied{}, wrong
	}

	modes, err := store.ApplyMerchant(ctx, setup)
	for i := range modes {
		modes[i].Register = s.AddressesToRegister(modes[i].Accounts)
	}

	applied.Modes = modes
	return applied, err
}

func (spec MerchantSpec) mode(mode Mode) *ModeSpec {
	if mode == ModeLive {
		return spec.Live
	}
	return spec.Test
}

// check reports everything that is wrong with a merchant, but its accounts.
func (spec MerchantSpec) check(before MerchantSettings) error {
	var wrong []error
	if !merchantID.MatchString(spec.ID) {
		wrong = append(wrong, Invalidf("id", "id_invalid", "id must be lower-case letters, digits and dashes, at most 40."))
	}

	if blank(spec.Name) {
		wrong = append(wrong, Invalidf("name", "name_missing", "name is required: what buyers know the merchant by."))
	}

	wrong = append(wrong, checkText("name", spec.Name, maxText), checkText("support_contact", spec.SupportContact, maxText))
	for _, address := range []struct{ param, text string }{{"logo_url", spec.LogoURL}, {"terms_url", spec.TermsURL}} {
		if _, err := checkWebURL(address.param, address.text, spec.strictest(before)); address.text != "" {
			wrong = append(wrong, err)
		}
	}

	if spec.Accent != "" && !accentForm.MatchString(spec.Accent) {
		wrong = append(wrong, Invalidf("accent", "accent_invalid", `accent must be a colour such as "#0a7d4f".`))
	}

	if len(spec.ReturnHosts) == 0 {
		wrong = append(wrong, Invalidf("return_hosts", "return_hosts_missing", "return_hosts must name at least one host that buyers may be sent back to."))
	}

	wrong = append(wrong, checkHosts("return_hosts", spec.ReturnHosts), checkHosts("frame_hosts", spec.FrameHosts))
	if !slices.Contains([]LatePolicy{"", LateReview, LateAccept}, spec.LatePayments) {
		wrong = append(wrong, Invalidf("late_payments", "late_payments_invalid", "late_payments must be review or accept."))
	}

	return errors.Join(append(wrong, spec.Exchange.check(spec.strictest(before)))...)
}

func checkHosts(param string, hosts []string) error {
	var wrong []error
	for i, host := range hosts {
		name, port, _ := strings.Cut(host, ":")
		if !hostForm.MatchString(host) || strings.Trim(name, ".-") == "" || !validPort(port) {
			wrong = append(wrong, Invalidf(fmt.Sprintf("%s[%d]", param, i), "host_invalid", "%q is not a host name, with a port from 1 to 65535 or none.", host))
		}
	}
	return errors.Join(wrong...)
}

// strictest is the mode whose rules hold for what both modes show: live, once
// the merchant has it.
func (spec MerchantSpec) strictest(before MerchantSettings) Mode {
	if spec.Live != nil || before.ModeSpec(ModeLive) != nil {
		return ModeLive
	}
	return ModeTest
}

// modeSetup checks one mode of a merchant's file; of names whose it is.
func (s *Service) modeSetup(ctx context.Context, store MerchantStore, of Account, spec ModeSpec, before MerchantSettings) (ModeSetup, []string, error) {
	merchantID, mode := of.MerchantID, of.Mode
	setup := ModeSetup{Mode: mode}
	if before.Version == 0 {
		setup.KeyText, setup.Key = NewAPIKey(merchantID, mode, s.now())
	}

	var wrong error
	if spec.WebhookURL != "" {
		wrong = checkEndpointURL(string(mode)+".webhook_url", mode, spec.WebhookURL)
		setup.Endpoint = WebhookEndpoint{
			ID: NewID(endpointPrefix), MerchantID: merchantID, Mode: mode, URL: spec.WebhookURL, Secret: NewWebhookSecret(),
			Events: []EventType{EveryEvent}, CreatedAt: s.now(),
		}
	}

	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(spec.Providers)) {
		path := string(mode) + ".providers." + name
		account := Account{ID: NewID(accountPrefix), MerchantID: merchantID, Mode: mode, Provider: name, Settings: spec.Providers[name]}

		// Checked under the id it has already, it shares its token with those who serve.
		if id, err := store.AccountID(ctx, account); err == nil {
			account.ID = id
		} else if !errors.Is(err, ErrNotFound) {
			return setup, nil, err
		}

		setup.Accounts = append(setup.Accounts, account)
		if stored, has := before.Modes[mode].Account(name); has && stored.Enabled && SameSettings(stored.Settings, account.Settings) {
			continue
		}

		more, err := s.checkAccount(ctx, path, account)
		wrong = errors.Join(wrong, err)
		warnings = append(warnings, more...)
	}

	return setup, warnings, wrong
}

func (s *Service) checkAccount(ctx context.Context, path string, account Account) ([]string, error) {
	provider, ok := s.providers[account.Provider]
	if !ok {
		return nil, Invalidf(path, "provider_unknown", "Unknown provider %q: use %s.", account.Provider, strings.Join(s.order, ", "))
	}
	if _, err := Contained(s.LogFor(ctx), account.Provider, func() (any, error) {
		return nil, provider.CheckSettings(account.Mode, account.Settings)
	}); err != nil {
		return nil, under(path, err)
	}

	checker, can := provider.(AccountChecker)
	if !can {
		return nil, nil
	}

	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()

	warnings, err := Contained(s.LogFor(ctx), account.Provider, func() ([]string, error) { return checker.CheckAccount(ctx, account) })
	return warnings, under(path, err)
}

// under puts the path of the settings in front of field errors'.
func under(path string, err error) error {
	var moved []error
	for _, bad := range AllErrors(err) {
		one := *bad
		one.Param = strings.TrimSuffix(path+"."+bad.Param, ".")
		moved = append(moved, &one)
	}

	switch len(moved) {
	case 0:
		return err
	case 1:
		return moved[0]
	}

	return errors.Join(moved...)
}
