package khqrcmd

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"rieltime/khqr"
)

// Encode is "khqr encode".
type Encode struct {
	Account            string `required:"" help:"Bakong account, name@bank."`
	Name               string `required:"" help:"Merchant name, at most 25."`
	City               string `help:"City, at most 15 (Phnom Penh if not given)."`
	MerchantID         string `help:"Merchant id at its bank; makes a merchant code."`
	Bank               string `help:"Acquiring bank; required of a merchant code."`
	AccountInformation string `help:"Account number or similar, for an individual code."`
	Category           string `help:"Merchant category code, four digits (5999 if not given)."`
	UnionPay           string `help:"UnionPay account, with KHR only."`

	Currency string `default:"KHR" help:"KHR or USD."`
	Amount   string `help:"Amount, more than 0, such as 4000 or 10.50; makes a dynamic code."`

	Bill     string `help:"Bill number."`
	Mobile   string `help:"Mobile number."`
	Store    string `help:"Store label."`
	Terminal string `help:"Terminal label."`
	Purpose  string `help:"Purpose of the transaction."`

	Language      string `help:"Language of the alternate name, such as km."`
	AlternateName string `help:"Merchant name in that language."`
	AlternateCity string `help:"City in that language."`

	ExpiresIn *time.Duration `help:"Lifetime of a dynamic code, from 1s to 10m (10m if not given)."`
	JSON      bool           `name:"json" help:"Print JSON."`
}

// Bounds of a code's lifetime: ten minutes is the limit of Bakong's documentation ("QR
// integration", System Interaction Flow).
const (
	minLifetime = time.Second
	maxLifetime = 10 * time.Minute
)

// Help describes the exit status.
func (*Encode) Help() string {
	return "Exit status: 0 when the code is written; 1 when it cannot be, with the official error code. With --json the output is always JSON."
}

type encodeResult struct {
	QR      string `json:"qr"`
	MD5     string `json:"md5"`
	Kind    string `json:"kind"`
	Dynamic bool   `json:"dynamic"`
	Expires string `json:"expires,omitempty"`
}

// Run prints the code on its own line, then its MD5 and expiration.
func (e *Encode) Run(cmd *Cmd, stdout io.Writer, given *kong.Context) error {
	result, err := e.encode(cmd.now(), given)
	if err != nil {
		return writeJSONError(stdout, e.JSON, err)
	}
	if e.JSON {
		return writeJSON(stdout, result)
	}
	fmt.Fprintln(stdout, result.QR)
	return writeTable(stdout, []row{{"MD5", result.MD5}, {"Expires", result.Expires}})
}

func (e *Encode) encode(now time.Time, given *kong.Context) (encodeResult, error) {
	code := e.code(now)
	if err := errors.Join(checkFlags(given), e.checkUnused(code)); err != nil {
		return encodeResult{}, err
	}

	text, err := code.Encode(now)
	if err != nil {
		return encodeResult{}, err
	}

	result := encodeResult{QR: text, MD5: khqr.MD5(text), Kind: code.Kind.String(), Dynamic: code.Dynamic()}
	if e.Amount != "" && !result.Dynamic {
		return encodeResult{}, fmt.Errorf("--amount is %s, but the amount of a code is more than 0: leave it out to let the buyer enter the amount", e.Amount)
	}

	if result.Dynamic {
		result.Expires = formatTime(code.Expires)
	}

	return result, nil
}

// checkUnused refuses flags that would have no effect on the code, or an unintended one.
func (e *Encode) checkUnused(code *khqr.Code) error {
	switch {
	case e.MerchantID != "" && e.AccountInformation != "":
		return errors.New("--account-information is for codes without --merchant-id: give one of the two")
	case e.AlternateCity != "" && e.Language == "":
		return errors.New("--alternate-city needs --language and --alternate-name")
	case e.ExpiresIn != nil && !code.Dynamic():
		return errors.New("--expires-in needs an --amount: a code without one is static and does not expire")
	case e.ExpiresIn != nil && (*e.ExpiresIn < minLifetime || *e.ExpiresIn > maxLifetime):
		return fmt.Errorf("--expires-in is %v; a code lives from %v to %v", *e.ExpiresIn, minLifetime, maxLifetime)
	}

	return nil
}

func (e *Encode) code(now time.Time) *khqr.Code {
	life := maxLifetime
	if e.ExpiresIn != nil {
		life = *e.ExpiresIn
	}

	code := &khqr.Code{
		Kind: khqr.Individual, Account: e.Account, AccountInformation: e.AccountInformation, AcquiringBank: e.Bank,
		MerchantName: e.Name, MerchantCity: e.City, CategoryCode: e.Category, UnionPay: e.UnionPay,
		Currency: currency(e.Currency), Amount: e.Amount,
		BillNumber: e.Bill, MobileNumber: e.Mobile, StoreLabel: e.Store, TerminalLabel: e.Terminal, Purpose: e.Purpose,
		Language: e.Language, AlternateName: e.AlternateName, AlternateCity: e.AlternateCity,
		Expires: now.Add(life),
	}
	if e.MerchantID != "" {
		code.Kind, code.MerchantID, code.AccountInformation = khqr.Merchant, e.MerchantID, ""
	}

	return code
}

// currency parses the letters or the number of a currency.
func currency(text string) khqr.Currency {
	switch strings.ToUpper(text) {
	case "KHR":
		return khqr.KHR
	case "USD":
		return khqr.USD
	}
	return khqr.Currency(text)
}
