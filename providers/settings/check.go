package settings

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"rieltime/checkout"
)

// check compares one value with its description.
func check(mode checkout.Mode, field checkout.Setting, value reflect.Value) error {
	if !value.IsValid() {
		return checkRequired(field)
	}

	switch value.Kind() {
	case reflect.String:
		return checkString(mode, field, value.String())
	case reflect.Slice:
		return checkList(field, value)
	case reflect.Int:
		return checkNumber(field, float64(value.Int()))
	case reflect.Float64:
		return checkNumber(field, value.Float())
	}

	return nil
}

// checkRequired reports an empty value where there must be one.
func checkRequired(field checkout.Setting) error {
	if field.Required {
		return Missing(field.Name, field.Help)
	}
	return nil
}

// checkString checks what is a string in Go: a text, or a decimal number that is
// kept as it was written.
func checkString(mode checkout.Mode, field checkout.Setting, text string) error {
	if text == "" {
		return checkRequired(field)
	}

	switch field.Type {
	case checkout.SettingURL:
		return checkURL(mode, field, text)
	case checkout.SettingLink:
		return checkLink(field, text)
	case checkout.SettingDecimal:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Invalid(field.Name, "must be a number.")
		}
		return checkNumber(field, number)
	}

	return checkText(field, text)
}

// checkURL checks an address that payments depend on.
func checkURL(mode checkout.Mode, field checkout.Setting, text string) error {
	address, err := checkout.ParseWebURL(text)
	switch {
	case err != nil:
		return checkout.Invalidf(field.Name, "url_invalid", "%s %v.", field.Name, err)
	case strings.ContainsAny(text, "?#"):
		return checkout.Invalidf(field.Name, "url_invalid", "%s must have no query and no fragment.", field.Name)
	case mode == checkout.ModeLive && address.Scheme != "https":
		return checkout.Invalidf(field.Name, "url_not_https", "%s must begin with https:// in live mode.", field.Name)
	}

	return nil
}

// checkLink checks an address that is only shown or passed on.
func checkLink(field checkout.Setting, text string) error {
	if _, err := checkout.ParseWebURL(text); err != nil {
		return checkout.Invalidf(field.Name, "url_invalid", "%s %v.", field.Name, err)
	}
	return nil
}

// checkText checks a text, or one text of a list.
func checkText(field checkout.Setting, text string) error {
	if field.MaxLength > 0 && len(utf16.Encode([]rune(text))) > field.MaxLength {
		return Invalid(field.Name, "must have at most %d characters.", field.MaxLength)
	}
	if len(field.Choices) > 0 && !slices.Contains(field.Choices, text) {
		return Invalid(field.Name, "must be %s.", oneOf(field.Choices))
	}
	return nil
}

func checkList(field checkout.Setting, list reflect.Value) error {
	if list.Len() == 0 {
		return checkRequired(field)
	}

	for i := range list.Len() {
		if err := checkText(field, list.Index(i).String()); err != nil {
			return err
		}
	}

	return nil
}

// checkNumber checks a number's bounds. The default is always allowed: often it
// is a 0 that turns a bound off.
func checkNumber(field checkout.Setting, number float64) error {
	usual, _ := strconv.ParseFloat(field.Default, 64)
	if number == usual || field.Min == 0 && field.Max == 0 || number >= field.Min && number <= field.Max {
		return nil
	}

	or := ""
	if usual < field.Min || usual > field.Max {
		or = ", or " + plain(usual)
	}
	return Invalid(field.Name, "must be from %s to %s%s.", plain(field.Min), plain(field.Max), or)
}

// plain writes a number without an exponent.
func plain(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// oneOf writes choices as "A", "A or B" or "A, B or C".
func oneOf(choices []string) string {
	last := len(choices) - 1
	if last == 0 {
		return choices[0]
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
