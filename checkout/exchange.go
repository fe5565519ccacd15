package checkout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Exchange are a merchant's settings of paying in another currency than the price's.
// Zero fields stand for the defaults.
type Exchange struct {
	PayCurrencies    []Currency   `json:"pay_currencies,omitempty"`     // in which sessions may be paid that do not say it themselves
	MaxAgeHours      int          `json:"max_age_hours,omitempty"`      // of a rate that is used; default 24
	MaxChangePercent int          `json:"max_change_percent,omitempty"` // from the rate before; more needs a person's confirmation; default 5
	RielStep         int64        `json:"riel_step,omitempty"`          // riel amounts are multiples of it: 1, 10, 50, 100 (default), 500 or 1000
	Rounding         RoundingMode `json:"rounding,omitempty"`           // "up" (default) or "nearest"
	Fetch            RateAddress  `json:"fetch,omitzero"`               // where rates are fetched from each day; none by default
}

// The defaults and bounds of Exchange.
const (
	defaultMaxAge    = 24
	mostMaxAge       = 24 * 31
	defaultMaxChange = 5
	mostMaxChange    = 100
	defaultRielStep  = 100
)

var rielSteps = []int64{1, 10, 50, 100, 500, 1000}

// RielSteps are what riel amounts can be multiples of.
func RielSteps() []int64 { return slices.Clone(rielSteps) }

// DefaultExchange are the settings that zero fields stand for.
func DefaultExchange() Exchange {
	return Exchange{MaxAgeHours: defaultMaxAge, MaxChangePercent: defaultMaxChange, RielStep: defaultRielStep, Rounding: RoundUp}
}

func (e Exchange) check(mode Mode) error {
	wrong := []error{e.Fetch.check(mode)}
	for i, currency := range e.PayCurrencies {
		if !slices.Contains(ConvertibleCurrencies(), currency) {
			wrong = append(wrong, Invalidf(fmt.Sprintf("exchange.pay_currencies[%d]", i), "currency_invalid", "exchange.pay_currencies[%d] must be USD or KHR.", i))
		}
	}
	if e.MaxAgeHours < 0 || e.MaxAgeHours > mostMaxAge {
		wrong = append(wrong, Invalidf("exchange.max_age_hours", "max_age_invalid", "exchange.max_age_hours must be from 1 to %d.", mostMaxAge))
	}
	if e.MaxChangePercent < 0 || e.MaxChangePercent > mostMaxChange {
		wrong = append(wrong, Invalidf("exchange.max_change_percent", "max_change_invalid", "exchange.max_change_percent must be from 1 to %d.", mostMaxChange))
	}
	if e.RielStep != 0 && !slices.Contains(rielSteps, e.RielStep) {
		wrong = append(wrong, Invalidf("exchange.riel_step", "riel_step_invalid", "exchange.riel_step must be 1, 10, 50, 100, 500 or 1000."))
	}
	if !slices.Contains([]RoundingMode{"", RoundUp, RoundNearest}, e.Rounding) {
		wrong = append(wrong, Invalidf("exchange.rounding", "rounding_invalid", "exchange.rounding must be up or nearest."))
	}
	return errors.Join(wrong...)
}

// RoundingOf is how amounts in a currency are rounded: riel to RielStep, dollars to the
// cent.
func (e Exchange) RoundingOf(currency Currency) Rounding {
	rounding := Rounding{Step: 1, How: cmp.Or(e.Rounding, RoundUp)}
	if currency == KHR {
		rounding.Step = cmp.Or(e.RielStep, defaultRielStep)
	}
	return rounding
}

// MaxAge is for how many hours a rate may be used.
func (e Exchange) MaxAge() int { return cmp.Or(e.MaxAgeHours, defaultMaxAge) }

// MaxChange is by how many percent of the rate before a rate may differ.
func (e Exchange) MaxChange() int { return cmp.Or(e.MaxChangePercent, defaultMaxChange) }

// Ends is when a rate may be used no more.
func (e Exchange) Ends(rate Rate) time.Time {
	end := rate.At.Add(time.Duration(e.MaxAge()) * time.Hour)
	if !rate.ValidUntil.IsZero() && rate.ValidUntil.Before(end) {
		return rate.ValidUntil
	}
	return end
}

// Usable reports whether prices may be converted by a rate at now.
func (e Exchange) Usable(rate Rate, now time.Time) bool {
	return rate.ID != "" && !rate.FarOff && now.Before(e.Ends(rate))
}

// tooFar reports whether a rate needs a person's confirmation; the first one does not.
func (e Exchange) tooFar(rate, accepted Rate) bool {
	return accepted.ID != "" && rate.Value.furtherThan(e.MaxChange(), accepted.Value)
}
