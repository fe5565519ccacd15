package cmd

import (
	"context"
	"fmt"
	"slices"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/web/templates"
)

// addEmails adds the e-mail addresses that are notified to a merchant's file, those that
// have not confirmed it yet included.
func addEmails(ctx context.Context, store *db.Store, spec checkout.MerchantSpec) error {
	service := notices.NewService(store, nil, store.Now)
	for _, of := range modesOf(spec) {
		if of.spec == nil {
			continue
		}
		addressees, err := service.Addressees(ctx, spec.ID, of.mode)
		if err != nil {
			return err
		}
		for _, a := range addressees {
			of.spec.Emails = append(of.spec.Emails, checkout.EmailSpec{Address: a.Email, Locale: a.Locale, Details: a.Details})
		}
	}
	return nil
}

// applyEmails makes the e-mail addresses that are notified those of a merchant's file. An
// address that is new, or whose settings are, is asked by e-mail to confirm it: a file is
// no proof that its reader wants the notices. A mode without a list keeps its addresses.
func (a *app) applyEmails(ctx context.Context, spec checkout.MerchantSpec) error {
	for _, of := range modesOf(spec) {
		if of.spec == nil || of.spec.Emails == nil {
			continue
		}
		if err := a.notices.SetAddressees(ctx, spec.ID, of.mode, of.spec.Emails, a.mailPage); err != nil {
			return fmt.Errorf("%s.emails: %w", of.mode, err)
		}
	}
	return nil
}

// cleanEmails checks the addresses of a file, before anything of it is stored, and writes
// them in their usual form.
func cleanEmails(spec checkout.MerchantSpec) error {
	for _, of := range modesOf(spec) {
		if of.spec == nil {
			continue
		}
		if err := cleanEmailsOf(of.spec.Emails); err != nil {
			return fmt.Errorf("%s.emails: %w", of.mode, err)
		}
	}
	return nil
}

func cleanEmailsOf(emails []checkout.EmailSpec) (err error) {
	if len(emails) > notices.MaxAddressees {
		return notices.ErrManyAddressees
	}
	for i, email := range emails {
		if emails[i].Address, err = users.ParseEmail(email.Address); err != nil {
			return err
		}
		if !slices.Contains(templates.Languages, email.Locale) {
			return fmt.Errorf("%s: locale must be km, en or zh", email.Address)
		}
		if slices.ContainsFunc(emails[:i], func(other checkout.EmailSpec) bool { return other.Address == emails[i].Address }) {
			return fmt.Errorf("%s is there twice", emails[i].Address)
		}
	}
	return nil
}
