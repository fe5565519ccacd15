// Package kesscmd is "kess" on the command line: it calls any service of the
// KESS gateway and lists them. Add Cmd to a kong command line and bind
// standard output as an io.Writer and a context.Context.
package kesscmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess"
	"rieltime/providers/kess/internal/catalog"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/wire"
)

// callTimeout bounds one call of the gateway.
const callTimeout = 30 * time.Second

// Cmd is the command and its parts.
type Cmd struct {
	Call     Call     `cmd:"" help:"Call a service of the gateway."`
	Services Services `cmd:"" help:"List the services, or show the fields of one."`
}

// Summary returns the command's line of help.
func (c *Cmd) Summary() string { return "Call any KESS service." }

// settingsFile is a file with the settings of a merchant's account.
type settingsFile struct {
	Settings string `required:"" env:"RIELTIME_KESS_SETTINGS" placeholder:"FILE" help:"File with the account's KESS settings, as JSON."`
}

// account reads and checks the settings.
func (a settingsFile) account() (checkout.Account, kess.Settings, error) {
	text, err := os.ReadFile(a.Settings)
	if err != nil {
		return checkout.Account{}, kess.Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	if err := kess.New(providers.Options{}).CheckSettings(checkout.ModeTest, text); err != nil {
		return checkout.Account{}, kess.Settings{}, fmt.Errorf("%s: %w", a.Settings, err)
	}

	var settings kess.Settings
	if err := json.Unmarshal(text, &settings); err != nil {
		return checkout.Account{}, kess.Settings{}, fmt.Errorf("%s: %w", a.Settings, err)
	}

	return checkout.Account{ID: "command-line", Provider: kess.Name, Settings: text}, settings, nil
}

// noVault keeps no login: a command makes one call.
type noVault struct{}

func (noVault) Get(context.Context, string, string) (checkout.Secret, error) {
	return "", checkout.ErrNotFound
}
func (noVault) Put(context.Context, string, string, checkout.Secret) error { return nil }
func (noVault) Delete(context.Context, string, string) error               { return nil }
func (noVault) Lease(context.Context, string, string, time.Duration) (checkout.SecretLease, bool, error) {
	return checkout.SecretLease{Keep: func(context.Context, checkout.Secret) error { return nil }, Release: func() {}}, true, nil
}

// Call is one call of a service.
type Call struct {
	settingsFile
	Service string   `arg:"" help:"The service, such as queryOrder; see 'services'."`
	Values  []string `arg:"" optional:"" name:"key=value" help:"Fields of the request; customer.first_name=… and others are encrypted into customer."`
	DryRun  bool     `help:"Check and print the fields without calling KESS."`
}

// Run checks the fields, calls the service and prints its answer.
func (c *Call) Run(ctx context.Context, out io.Writer) error {
	service, ok := catalog.FindService(c.Service)
	if !ok {
		return fmt.Errorf("KESS has no service %q: see 'services'", c.Service)
	}

	account, settings, err := c.account()
	if err != nil {
		return err
	}

	params, err := readFields(service, c.Values, settings)
	if err != nil {
		return err
	}
	if problems := service.Check(params); len(problems) > 0 {
		return problemsError(service, problems)
	}
	if c.DryRun {
		return writeJSON(out, params)
	}

	answer, err := kess.New(providers.Options{Wire: wire.New(callTimeout), Vault: noVault{}}).
		Call(ctx, account, client.Prefix+service.Name, params)
	if err != nil {
		return err
	}

	return writeJSON(out, answer)
}

func problemsError(service catalog.Service, problems []catalog.Problem) error {
	lines := []string{service.Name + " cannot be called:"}
	for _, problem := range problems {
		lines = append(lines, "  "+problem.String())
	}
	return errors.New(strings.Join(lines, "\n"))
}

// readFields turns key=value arguments into a service's fields.
func readFields(service catalog.Service, values []string, settings kess.Settings) (client.Params, error) {
	params := client.Params{}
	customer := map[string]string{}
	for _, value := range values {
		name, text, found := strings.Cut(value, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("%q is not key=value", value)
		}

		if part, ok := strings.CutPrefix(name, "customer."); ok {
			customer[part] = text
			continue
		}

		if _, exists := params[name]; exists {
			return nil, fmt.Errorf("%s is given twice", name)
		}

		field, ok := service.Field(name)
		if !ok {
			params[name] = text // Check reports that it is unknown
			continue
		}

		parsed, err := field.Parse(text)
		if err != nil {
			return nil, err
		}

		params[name] = parsed
	}

	if _, has := service.Field("seller_code"); has && params["seller_code"] == nil {
		params["seller_code"] = settings.SellerCode
	}

	if len(customer) == 0 {
		return params, nil
	}

	encrypted, err := encryptCustomer(customer, settings.PublicKey)
	params["customer"] = encrypted
	return params, err
}

func encryptCustomer(parts map[string]string, publicKey string) (string, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}

	var customer client.Customer
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&customer); err != nil {
		return "", fmt.Errorf("customer: %w", err)
	}

	for name, part := range map[string]string{
		"phone_number": customer.PhoneNumber, "email": customer.Email,
		"first_name": customer.FirstName, "last_name": customer.LastName,
	} {
		if part == "" {
			return "", fmt.Errorf("customer.%s is missing", name)
		}
	}

	key, err := client.ParsePublicKey(publicKey)
	if err != nil {
		return "", errors.New("customer needs the settings' public_key")
	}

	return customer.Encrypt(key)
}

// Services lists what can be called.
type Services struct {
	Service string `arg:"" optional:"" help:"A service, to see its fields."`
}

// Run prints the services, or the fields of one.
func (s *Services) Run(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if s.Service == "" {
		for _, service := range catalog.Services {
			fmt.Fprintf(table, "%s\t%s\t%s\n", service.Group, service.Name, service.Title)
		}
		return table.Flush()
	}

	service, ok := catalog.FindService(s.Service)
	if !ok {
		return fmt.Errorf("KESS has no service %q", s.Service)
	}

	fmt.Fprintf(table, "%s\t%s\n", service.Name, service.Title)
	for _, field := range service.Fields {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", field.Name, field.Type, describe(field))
	}

	return table.Flush()
}

func describe(field catalog.Field) string {
	parts := []string{"optional"}
	switch {
	case field.Name == "seller_code":
		parts = []string{"from the settings"}
	case field.Required:
		parts = []string{"required"}
	case field.Or != "":
		parts = []string{"this or " + field.Or}
	}

	if field.Max > 0 {
		parts = append(parts, fmt.Sprintf("at most %d characters", field.Max))
	}

	if field.OneOf != nil {
		parts = append(parts, "one of "+strings.Join(field.OneOf, " "))
	}

	return strings.Join(parts, "; ")
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
