package cmd

import (
	"log/slog"
	"slices"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/webhooks"
)

func TestRetentionKnowsEveryProvidersPersonalFields(t *testing.T) {
	folder, key := newDataFolder(t)
	app, err := dataFlags{databaseFlags: databaseFlags{Data: folder}, Key: checkout.Secret(key)}.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer app.store.Close()

	jobs := app.backgroundJobs(webhooks.NewSender(webhooks.Options{Store: app.store}), serveFlags{})
	expected := 0
	for _, provider := range Providers(providers.Options{}) {
		for _, field := range provider.Info().PersonalFields {
			expected++
			if !slices.Contains(jobs.PersonalFields, field) {
				t.Errorf("%s of %s is not blanked", field, provider.Name())
			}
		}
	}

	if expected == 0 {
		t.Error("no provider names personal fields")
	}
}
