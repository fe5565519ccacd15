package checkout

import (
	"context"
	"errors"
	"time"
)

// RateParams is a new rate of dollars in riel.
type RateParams struct {
	MerchantID string
	Mode       Mode
	Value      string // riel for a dollar, decimal text
	Source     RateSource
	At         time.Time     // zero: now
	ValidFor   time.Duration // zero: as long as the merchant's settings allow
	Confirmed  bool          // also when it is far from the one before
}

const ratePrefix = "rate_"

// The errors of new rates.
var (
	ErrRateOlder  = &Error{Kind: KindConflict, Code: "rate_older", Param: "at", Detail: "There is a rate of the same time or a later one."}
	ErrRateFarOff = &Error{Kind: KindConflict, Code: "rate_far_off", Param: "value", Detail: "This rate differs more from the one before it than the merchant's settings allow. Confirm it if it is right."}
)

// SetRate stores a rate. One that is further from the last than the merchant's settings
// allow is ErrRateFarOff when it is entered, unless it is confirmed; from another source
// it is stored with FarOff set, and no rate is used until a later one is near the last
// again, or confirmed. Sessions that exist keep the rate they were made with.
func (s *Service) SetRate(ctx context.Context, params RateParams) (Rate, error) {
	merchant, err := s.store.Merchant(ctx, params.MerchantID)
	if err != nil {
		return Rate{}, err
	}

	rate, err := newRate(params, s.now())
	if err != nil {
		return Rate{}, err
	}
	rate.By = ActorOf(ctx)

	return s.store.InsertRate(ctx, rate, func(last, accepted Rate) (Rate, error) {
		if last.ID != "" && !rate.At.After(last.At) {
			return Rate{}, ErrRateOlder
		}
		judged := rate
		judged.FarOff = !params.Confirmed && merchant.Exchange.tooFar(rate, accepted)
		if judged.FarOff && rate.Source == RateEntered {
			return Rate{}, ErrRateFarOff
		}
		return judged, nil
	})
}

func newRate(params RateParams, now time.Time) (Rate, error) {
	value, err := ParseRateValue(params.Value)
	if err != nil {
		return Rate{}, Invalidf("value", "rate_invalid", "The rate %v.", err)
	}

	at := params.At.UTC().Truncate(time.Millisecond) // as it is stored
	if params.At.IsZero() {
		at = now
	}
	rate := Rate{ID: NewID(ratePrefix), MerchantID: params.MerchantID, Mode: params.Mode, Base: USD, Quote: KHR, Value: value, Source: params.Source, At: at}
	if params.ValidFor > 0 {
		rate.ValidUntil = at.Add(params.ValidFor)
	}

	var wrong error
	if at.After(now) {
		wrong = Invalidf("at", "rate_time_invalid", "The time of a rate must not be in the future.")
	}
	if params.ValidFor < 0 {
		wrong = errors.Join(wrong, Invalidf("valid_for", "rate_validity_invalid", "A rate must be valid for some time."))
	}
	return rate, wrong
}
