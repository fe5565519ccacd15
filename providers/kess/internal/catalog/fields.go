package catalog

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rieltime/providers/kess/internal/client"
)

// Type is a field's type as the document names it.
type Type string

// The types of fields. Numeric is digits kept as text, so that leading zeros
// stay.
const (
	TypeText     Type = "string"
	TypeInteger  Type = "integer"
	TypeDouble   Type = "double"
	TypeNumeric  Type = "numeric"
	TypeBoolean  Type = "boolean" // sent as 1 or 0, since false does not sign
	TypeDate     Type = "date"
	TypeURL      Type = "url"
	TypeObject   Type = "object"
	TypeOrderID  Type = "order id"
	TypeCurrency Type = "currency"
	TypeHex      Type = "encrypted hex"
)

// Field is one field of a service's request.
type Field struct {
	Name     string
	Type     Type
	Required bool
	Or       string   // with this other field: one of the two must be there
	Max      int      // characters; 0: unbounded
	From, To int      // bounds of an Integer; both 0: unbounded
	OneOf    []string // the only values; nil: any
}

// need is a required field, may an optional one.
func need(name string, t Type) Field { return Field{Name: name, Type: t, Required: true} }
func may(name string, t Type) Field  { return Field{Name: name, Type: t} }

func (f Field) or(other string) Field        { f.Or = other; return f }
func (f Field) max(n int) Field              { f.Max = n; return f }
func (f Field) between(from, to int) Field   { f.From, f.To = from, to; return f }
func (f Field) oneOf(values ...string) Field { f.OneOf = values; return f }
func (f Field) optional() Field              { f.Required = false; return f }
func fields(groups ...[]Field) []Field       { return slices.Concat(groups...) }
func with(fields ...Field) []Field           { return fields }
func without(all []Field, n string) []Field {
	return slices.DeleteFunc(slices.Clone(all), func(f Field) bool { return f.Name == n })
}

// Problem is what is wrong with one field.
type Problem struct {
	Field string
	What  string
}

func (p Problem) String() string { return p.Field + " " + p.What }

// Check lists every missing, unknown and badly typed field of a request. Those
// that every message may have (service, sign_type, sign, seller_code) are known.
func (s Service) Check(params client.Params) []Problem {
	var problems []Problem
	for _, field := range s.Fields {
		value, given := params[field.Name]
		if !given || value == nil || value == "" {
			if missing := field.missing(params); missing != "" {
				problems = append(problems, Problem{field.Name, missing})
			}
			continue
		}

		if wrong := field.check(value); wrong != "" {
			problems = append(problems, Problem{field.Name, wrong})
		}
	}

	for name := range params {
		if _, ok := s.Field(name); !ok && !slices.Contains(common, name) {
			problems = append(problems, Problem{name, "is not a field of " + s.Name})
		}
	}

	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return problems
}

// common are the fields of every message.
var common = []string{"service", "sign_type", "sign", "seller_code"}

// Field finds a field by its name.
func (s Service) Field(name string) (Field, bool) {
	at := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
	if at < 0 {
		return Field{}, false
	}
	return s.Fields[at], true
}

func (f Field) missing(params client.Params) string {
	if f.Required {
		return "is missing"
	}
	if f.Or != "" && params.Text(f.Or) == "" {
		return "or " + f.Or + " is missing"
	}
	return ""
}

var (
	digits    = regexp.MustCompile(`^[0-9]+$`)
	integer   = regexp.MustCompile(`^-?[0-9]+$`)
	decimal   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`) // as JSON writes it
	orderID   = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`)
	hexDigits = regexp.MustCompile(`^([0-9a-fA-F]{2})+$`)
)

func (f Field) check(value any) string {
	if f.Type == TypeObject {
		if _, ok := value.(map[string]any); !ok {
			return "must be an object"
		}
		return ""
	}

	text, _, err := client.ScalarText(value)
	if err != nil || text == "" {
		return "must be a " + string(f.Type)
	}
	if f.Max > 0 && utf8.RuneCountInString(text) > f.Max {
		return fmt.Sprintf("is longer than %d characters", f.Max)
	}
	if f.OneOf != nil && !slices.Contains(f.OneOf, text) {
		return "must be one of " + strings.Join(f.OneOf, ", ")
	}

	return f.checkType(value, text)
}

func (f Field) checkType(value any, text string) string {
	if _, isNumber := value.(json.Number); !isNumber && (f.Type == TypeInteger || f.Type == TypeDouble) {
		return forms[f.Type].must
	}
	if form, has := forms[f.Type]; has && !form.fits(text) {
		return form.must
	}

	if n, _ := strconv.Atoi(text); f.Type == TypeInteger && f.To != 0 && (n < f.From || n > f.To) {
		return fmt.Sprintf("must be between %d and %d", f.From, f.To)
	}
	return ""
}

// form is how the text of a type must look.
type form struct {
	fits func(text string) bool
	must string // the error for a text that does not fit
}

var forms = map[Type]form{
	TypeInteger:  {integer.MatchString, "must be an integer"},
	TypeDouble:   {decimal.MatchString, "must be a number"},
	TypeNumeric:  {digits.MatchString, "must be digits"},
	TypeBoolean:  {func(text string) bool { return text == "1" || text == "0" }, "must be 1 or 0"},
	TypeDate:     {isDate, "must be a date such as 2022-01-15"},
	TypeURL:      {isURL, "must be an http or https URL"},
	TypeOrderID:  {orderID.MatchString, "must be 1 to 32 letters, digits or dashes"},
	TypeCurrency: {func(text string) bool { return text == "USD" || text == "KHR" }, "must be USD or KHR"},
	TypeHex:      {hexDigits.MatchString, "must be encrypted, in hex"},
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// Parse turns the text of a command line into a field's value. An amount is
// kept digit by digit.
func (f Field) Parse(text string) (any, error) {
	switch f.Type {
	case TypeInteger, TypeDouble:
		if !decimal.MatchString(text) {
			return nil, fmt.Errorf("%s must be a number", f.Name)
		}
		return json.Number(text), nil

	case TypeBoolean:
		switch strings.ToLower(text) {
		case "1", "true", "yes":
			return json.Number("1"), nil
		case "0", "false", "no":
			return json.Number("0"), nil
		}

		return nil, fmt.Errorf("%s must be 1 or 0", f.Name)

	case TypeObject:
		object, err := client.ParseJSON([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s must be a JSON object", f.Name)
		}
		return map[string]any(object), nil
	}

	return text, nil
}
