package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/goccy/go-yaml"

	"rieltime/checkout"
	"rieltime/db"
)

type merchantExportCommand struct {
	dataFlags
	Merchant string `arg:"" help:"The merchant's id."`
	Secrets  string `help:"How the providers' secrets are written: sealed, so that only this server can apply them; plain, to take them to another server; or none, to be filled in by hand." enum:"sealed,plain,none" default:"sealed"`
}

func (c *merchantExportCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	text, err := exportMerchant(ctx, store, c.Merchant, c.Secrets)
	if errors.Is(err, checkout.ErrNotFound) {
		err = fmt.Errorf("merchant %q does not exist", c.Merchant)
	}

	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	_, err = stdout.Write(text)
	return err
}

// exportMerchant writes a merchant's file as it would have to be for what is stored.
func exportMerchant(ctx context.Context, store *db.Store, merchantID, secrets string) ([]byte, error) {
	stored, err := store.MerchantSettings(ctx, merchantID)
	if err != nil {
		return nil, err
	}

	spec := stored.Spec()
	if err := addBots(ctx, store, spec); err != nil {
		return nil, err
	}
	if err := addEmails(ctx, store, spec); err != nil {
		return nil, err
	}
	err = changeSecrets(spec, func(at, text string) (string, error) {
		switch secrets {
		case "plain":
			return text, nil
		case "none":
			return "", nil
		}
		return store.SealSecret(at, checkout.Secret(text)), nil
	})
	if err != nil {
		return nil, err
	}

	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}

	return yaml.JSONToYAML(text)
}

// openSecrets opens the secrets of a file that this server has exported.
func openSecrets(store *db.Store, spec checkout.MerchantSpec) error {
	return changeSecrets(spec, func(at, text string) (string, error) {
		secret, err := store.OpenSecret(at, text)
		if err != nil {
			err = fmt.Errorf("the sealed secret %s cannot be read: it was exported by another server, or for another merchant or setting", at)
		}
		return secret.Reveal(), err
	})
}

// changeSecrets replaces each secret of a merchant's providers and bots by what change returns for
// it; empty removes it. at is its place: merchant, mode, provider and setting.
func changeSecrets(spec checkout.MerchantSpec, change func(at, text string) (string, error)) error {
	for mode, of := range map[checkout.Mode]*checkout.ModeSpec{checkout.ModeTest: spec.Test, checkout.ModeLive: spec.Live} {
		if of == nil {
			continue
		}

		if bot := of.Telegram; bot != nil && bot.Token != "" {
			changed, err := change(strings.Join([]string{spec.ID, string(mode), "telegram", "token"}, "."), bot.Token)
			if err != nil {
				return err
			}
			bot.Token = changed
		}

		for _, registered := range registry() {
			provider := registered.describe()
			settings, has := of.Providers[provider.Name()]
			if !has {
				continue
			}

			at := strings.Join([]string{spec.ID, string(mode), provider.Name()}, ".")
			changed, err := changeSettings(settings, at, secretNames(provider.Info().Settings), change)
			if err != nil {
				return err
			}

			of.Providers[provider.Name()] = changed
		}
	}

	return nil
}

func secretNames(settings []checkout.Setting) (names []string) {
	for _, setting := range settings {
		switch setting.Type {
		case checkout.SettingSecret:
			names = append(names, setting.Name)
		}
	}
	return names
}

// changeSettings replaces the secrets with these names in a provider's settings. What is
// no object is left for the provider to refuse.
func changeSettings(settings json.RawMessage, at string, names []string, change func(at, text string) (string, error)) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(settings))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil {
		return settings, nil
	}

	for _, name := range names {
		text, is := object[name].(string)
		if !is || text == "" {
			continue
		}

		changed, err := change(at+"."+name, text)
		if err != nil {
			return settings, err
		}

		if object[name] = changed; changed == "" {
			delete(object, name)
		}
	}

	return json.Marshal(object)
}
