package bakong

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// The kinds of reference, as Bakong names their fields.
const (
	externalRef    = "externalRef"
	instructionRef = "instructionRef"
)

// referenceKinds are in the order in which to ask: of the two, receipts show the first,
// and most transactions have no other.
var referenceKinds = []string{externalRef, instructionRef}

// How long a deployment is asked about no reference of a kind: one without the endpoint
// gets it by an upgrade, a refused path may be open again soon.
const (
	missingPause = time.Hour
	refusedPause = listPause
)

// referenceText is what banks' references look like: letters and digits, such as
// 100FT38906478429, and what may divide them. A word is none.
var referenceText = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._/:-]{5,63}$`)

// IsReference implements checkout.ReferenceChecker.
func (p *Provider) IsReference(text string) bool {
	return referenceText.MatchString(text) && strings.ContainsAny(text, "0123456789")
}

// ReferenceKinds implements checkout.ReferenceChecker: by the setting reference_lookups,
// without the kinds that Bakong refused a while ago.
func (p *Provider) ReferenceKinds(account checkout.Account) (kinds []string, allowed bool) {
	settings, err := parseSettings(account.Settings)
	if err != nil || !settings.ReferenceLookups {
		return nil, false
	}
	for _, kind := range referenceKinds {
		if !p.referencePauses.paused(pauseKey(account, settings.address(), kind), p.now()) {
			kinds = append(kinds, kind)
		}
	}
	return kinds, true
}

// CheckReference looks for the transaction that a buyer read off a receipt, by a bank's
// reference. Like a hash, it is not bound to the payment: the same must fit, and the
// transaction must not have another reference of this kind than was asked for.
func (p *Provider) CheckReference(ctx context.Context, account checkout.Account, payment checkout.Payment, reference checkout.Reference) checkout.Answer {
	api, err := p.client(ctx, account)
	if err != nil {
		return p.unknown(err)
	}

	found, err := queryReference(ctx, api, reference)
	if client.NoEndpoint(err) {
		p.refuseReferences(account, api.BaseURL, reference.Kind, err)
		return checkout.Answer{Cause: fmt.Errorf("%w: %w", checkout.ErrReferencesRefused, err)}
	}
	if err != nil {
		return p.noClaim(account, api, err)
	}

	answer := p.paid(payment, found, checkout.SourceHash)
	if answer.Verdict == checkout.VerdictPaid && (!isFor(payment, answer.Proof, "") || !hasReference(found, reference)) {
		return otherTransaction
	}
	return answer
}

func queryReference(ctx context.Context, api client.Client, reference checkout.Reference) (client.Transaction, error) {
	if reference.Kind == instructionRef {
		return api.CheckInstructionRef(ctx, reference.Text)
	}
	return api.CheckExternalRef(ctx, reference.Text)
}

// hasReference reports whether a transaction may be the one of a reference. Bakong leaves
// out what a transaction does not have; it is not known to do so of what it was asked for.
func hasReference(found client.Transaction, reference checkout.Reference) bool {
	named := string(found.ExternalRef)
	if reference.Kind == instructionRef {
		named = string(found.InstructionRef)
	}
	return named == "" || strings.EqualFold(named, reference.Text)
}

// pauseKey is what is left alone: one kind of reference, for an account at an address.
func pauseKey(account checkout.Account, address, kind string) string {
	return account.ID + " " + address + " " + kind
}

// refuseReferences goes without look-ups by a kind of reference for a while.
func (p *Provider) refuseReferences(account checkout.Account, address, kind string, err error) {
	wait, why := refusedPause, "Bakong refuses look-ups by this reference; they are left out for now"
	if isGone(err) {
		wait, why = missingPause, "this Bakong has no look-up by this reference; they are left out for now"
	}
	p.referencePauses.pause(pauseKey(account, address, kind), p.now().Add(wait))
	p.log.Warn(why+"; turn reference_lookups off if this continues", "account", account.ID, "reference", kind, "address", address, "error", err)
}

// isGone reports whether an endpoint is not there.
func isGone(err error) bool {
	var refused *client.Error
	return errors.As(err, &refused) && refused.Gone()
}

// noReference is looked up to learn whether Bakong takes look-ups: no bank gives it.
const noReference = "RIELTIME0"

// referenceWarnings tells an endpoint that is not there from one that is refused. What it
// finds holds for buyers too, until the pause is over.
func (p *Provider) referenceWarnings(ctx context.Context, account checkout.Account, settings Settings, api client.Client) (warnings []string) {
	if !settings.ReferenceLookups {
		return nil
	}
	for _, kind := range referenceKinds {
		_, err := queryReference(ctx, api, checkout.Reference{Kind: kind, Text: noReference})
		if client.NoEndpoint(err) {
			p.refuseReferences(account, api.BaseURL, kind, err)
		} else {
			p.referencePauses.pause(pauseKey(account, api.BaseURL, kind), time.Time{})
		}
		if warning := referenceWarning(kind, err); warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}

func referenceWarning(kind string, err error) string {
	switch {
	case isGone(err):
		return "This Bakong has no look-up by " + kind + " (HTTP status 404 or the like), or a relay of an older version does not know it: buyers are asked for the transaction hash. Turn reference_lookups off if this stays."
	case client.NoEndpoint(err):
		return "Bakong was reached and refuses look-ups by " + kind + " (HTTP status 403): the path is closed to this token or from this address. Buyers are asked for the transaction hash. Turn reference_lookups off if this stays."
	case err == nil, errors.Is(err, client.CodeNotFound), errors.Is(err, client.CodeDailyLimit):
		return ""
	}
	return "Whether Bakong looks up transactions by " + kind + " is not known: no usable answer came."
}
