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
		if err := a.applyEmailsOf(ctx, spec.ID, of); err != nil {
			return fmt.Errorf("%s.emails: %w", of.mode, err)
		}
	}
	return nil
}

func (a *app) applyEmailsOf(ctx context.Context, merchantID string, of ofMode) error {
	wanted, err := cleanEmails(of.spec.Emails)
	if err != nil {
		return err
	}
	addressees, err := a.notices.Addressees(ctx, merchantID, of.mode)
	if err != nil {
		return err
	}

	for _, stored := range addressees {
		same := checkout.EmailSpec{Address: stored.Email, Locale: stored.Locale, Details: stored.Details}
		if at := slices.Index(wanted, same); at >= 0 {
			wanted = slices.Delete(wanted, at, at+1)
			continue
		}
		if err := a.notices.RemoveAddressee(ctx, merchantID, of.mode, stored.ID); err != nil {
			return err
		}
	}
	for _, email := range wanted {
		addressee := notices.Addressee{MerchantID: merchantID, Mode: of.mode, Email: email.Address, Locale: email.Locale, Details: email.Details}
		if err := a.notices.AddAddressee(ctx, addressee, a.mailPage); err != nil {
			return fmt.Errorf("%s: %w", email.Address, err)
		}
	}
	return nil
}

// cleanEmails checks the addresses of a file before one of them is stored.
func cleanEmails(emails []checkout.EmailSpec) (clean []checkout.EmailSpec, err error) {
	for _, email := range emails {
		if email.Address, err = users.ParseEmail(email.Address); err != nil {
			return nil, err
		}
		if !slices.Contains(templates.Languages, email.Locale) {
			return nil, fmt.Errorf("%s: locale must be km, en or zh", email.Address)
		}
		if slices.ContainsFunc(clean, func(other checkout.EmailSpec) bool { return other.Address == email.Address }) {
			return nil, fmt.Errorf("%s is there twice", email.Address)
		}
		clean = append(clean, email)
	}
	return clean, nil
}
