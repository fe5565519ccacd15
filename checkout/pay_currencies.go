package checkout

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ConvertedAmount is what a session may be paid in instead of its price. It is locked with
// the session: later rates and settings do not touch it.
type ConvertedAmount struct {
	Amount   Money
	Rate     RateValue // riel for a dollar
	RateID   string
	Rounding Rounding
}

// Payable lists the amounts of which the buyer pays one: the price, then what it is in
// other currencies.
func (s Session) Payable() []Money {
	amounts := []Money{s.Amount}
	for _, converted := range s.Converted {
		amounts = append(amounts, converted.Amount)
	}
	return amounts
}

// In is what the session asks for in a currency, with its rate: none for the price itself,
// whose currency may be left empty. It reports whether that currency can be paid in.
func (s Session) In(currency Currency) (amount Money, rate RateValue, can bool) {
	if currency == "" || currency == s.Amount.Currency {
		return s.Amount, "", true
	}
	at := slices.IndexFunc(s.Converted, func(c ConvertedAmount) bool { return c.Amount.Currency == currency })
	if at < 0 {
		return Money{}, "", false
	}
	return s.Converted[at].Amount, s.Converted[at].Rate, true
}

// lockRates converts a new session's price to the other currencies that the session, or
// else the merchant, names. A currency without a usable rate, or in which the amount is
// out of range, is not offered: the price's own always is.
func (s *Service) lockRates(ctx context.Context, session *Session, merchant Merchant) error {
	wanted := session.PayCurrencies
	if wanted == nil {
		wanted = merchant.Exchange.PayCurrencies
	}
	if session.Amount.Minor == 0 || !slices.Contains(ConvertibleCurrencies(), session.Amount.Currency) || !slices.ContainsFunc(wanted, func(c Currency) bool { return c != session.Amount.Currency }) {
		return nil
	}

	rate, err := s.store.LastRate(ctx, Rate{MerchantID: merchant.ID, Mode: session.Mode, Base: USD, Quote: KHR})
	if err != nil {
		return err
	}
	if !merchant.Exchange.Usable(rate, session.CreatedAt) {
		s.LogFor(ctx).Warn("no usable rate of exchange: only the price's currency is offered", "merchant", merchant.ID, "mode", session.Mode, "session", ShortSession(session.ID))
		return nil
	}

	for _, currency := range ConvertibleCurrencies() {
		if currency == session.Amount.Currency || !slices.Contains(wanted, currency) {
			continue
		}
		rounding := merchant.Exchange.RoundingOf(currency)
		amount, err := rate.Convert(session.Amount, rounding)
		if err != nil {
			continue
		}
		session.Converted = append(session.Converted, ConvertedAmount{Amount: amount, Rate: rate.Value, RateID: rate.ID, Rounding: rounding})
	}
	return nil
}

// parsePayCurrencies reads in which currencies a price may be paid, whose own
// currency is empty when it is not known; nil stays nil.
func parsePayCurrencies(texts []string, price Currency) ([]Currency, error) {
	if texts == nil {
		return nil, nil
	}

	currencies := []Currency{}
	for i, text := range texts {
		currency, err := ParseCurrency(text)
		param := fmt.Sprintf("pay_currencies[%d]", i)
		switch {
		case err != nil || !slices.Contains(ConvertibleCurrencies(), currency):
			return nil, Invalidf(param, "currency_invalid", "%s must be USD or KHR.", param)
		case price != "" && !slices.Contains(ConvertibleCurrencies(), price):
			return nil, Invalidf(param, "currency_invalid", "%s: a price in %s can be paid in no other currency.", param, price)
		}
		if !slices.Contains(currencies, currency) {
			currencies = append(currencies, currency)
		}
	}
	return currencies, nil
}

// PublicRate is a rate as merchants see it: one unit of Base is worth Value units of Quote.
type PublicRate struct {
	Base  Currency  `json:"base"`
	Quote Currency  `json:"quote"`
	Value RateValue `json:"value"`
}

func (v RateValue) public() *PublicRate {
	if v == "" {
		return nil
	}
	return &PublicRate{Base: USD, Quote: KHR, Value: v}
}

// PublicPayAmount is an amount by which a session can be paid.
type PublicPayAmount struct {
	Amount   string      `json:"amount"`
	Currency Currency    `json:"currency"`
	Rate     *PublicRate `json:"rate"` // null: it is the price itself
}

func (s Session) publicPayAmounts() []PublicPayAmount {
	amounts := []PublicPayAmount{{Amount: s.Amount.Decimal(), Currency: s.Amount.Currency}}
	for _, converted := range s.Converted {
		amounts = append(amounts, PublicPayAmount{Amount: converted.Amount.Decimal(), Currency: converted.Amount.Currency, Rate: converted.Rate.public()})
	}
	return amounts
}

// RateTrouble says why prices are not converted although the merchant wants them to be.
type RateTrouble string

// The troubles with rates.
const (
	RateFine    RateTrouble = ""
	RateMissing RateTrouble = "missing"
	RateOld     RateTrouble = "old"
	RateFarOff  RateTrouble = "far_off"
)

// Trouble looks at the last rate, which is zero where there is none. A merchant that has
// never set one and names no other currency in its settings wants none.
func (e Exchange) Trouble(last Rate, now time.Time) RateTrouble {
	switch {
	case e.Usable(last, now):
		return RateFine
	case last.FarOff:
		return RateFarOff
	case last.ID != "":
		return RateOld
	case len(e.PayCurrencies) > 1:
		return RateMissing
	}
	return RateFine
}

// RateTrouble looks at a merchant's last rate in a mode, and returns it too.
func (s *Service) RateTrouble(ctx context.Context, merchantID string, mode Mode) (RateTrouble, Rate, error) {
	merchant, err := s.store.Merchant(ctx, merchantID)
	if err != nil {
		return RateFine, Rate{}, err
	}
	last, err := s.store.LastRate(ctx, Rate{MerchantID: merchantID, Mode: mode, Base: USD, Quote: KHR})
	if err != nil {
		return RateFine, Rate{}, err
	}
	return merchant.Exchange.Trouble(last, s.now()), last, nil
}
