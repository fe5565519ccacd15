package statements

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rieltime/internal/cambodia"
)

// DateOrder is the order of day and month in the dates of a statement.
type DateOrder string

// The orders. Where a statement does not show its order, the day comes first.
const (
	DayFirst   DateOrder = "day_first"
	MonthFirst DateOrder = "month_first"
)

var errDate = errors.New("date")

var (
	yearFirstDate = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(.*)$`)
	packedDate    = regexp.MustCompile(`^(20\d{2})(\d{2})(\d{2})(?:\D(.*))?$`)
	numberDate    = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(\D.*)?$`)
	dayNameDate   = regexp.MustCompile(`^(\d{1,2})[-/. ]*([\p{L}\p{M}]+)[-/., ]*(\d{4}|\d{2})(\D.*)?$`)
	nameDayDate   = regexp.MustCompile(`^([\p{L}\p{M}]+)[-/. ]*(\d{1,2})[-/., ]+(\d{4})(\D.*)?$`)
	serialDate    = regexp.MustCompile(`^\d{5}(\.\d+)?$`)
	timeOfDay     = regexp.MustCompile(`(?i)^[T,\s]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(AM|PM)?\s*(Z|[+-]\d{2}:?\d{2})?$`)
)

var monthNames = map[string]time.Month{
	"មករា": 1, "កុម្ភៈ": 2, "មីនា": 3, "មេសា": 4, "ឧសភា": 5, "មិថុនា": 6, "កក្កដា": 7, "សីហា": 8, "កញ្ញា": 9, "តុលា": 10, "វិច្ឆិកា": 11, "ធ្នូ": 12,
}

func monthNamed(name string) time.Month {
	if month, is := monthNames[name]; is {
		return month
	}
	name = strings.ToLower(name)
	for month := time.January; month <= time.December; month++ {
		full := strings.ToLower(month.String())
		if len(name) >= 3 && (strings.HasPrefix(full, name) || name == "sept" && month == time.September) {
			return month
		}
	}
	return 0
}

// parseDate reads a date with or without a time of day, in Cambodian time where the text
// names no other zone. at is zero without a time of day.
func parseDate(text string, order DateOrder) (day cambodia.Day, at time.Time, err error) {
	text = strings.TrimSpace(strangeSign.Replace(khmerDigits.Replace(text)))
	if serialDate.MatchString(text) {
		return serial(text)
	}

	year, month, date, rest, found := dateParts(text, order)
	if !found {
		return 0, time.Time{}, errDate
	}
	if year < 100 {
		year += 2000
	}
	begin := time.Date(year, time.Month(month), date, 0, 0, 0, 0, cambodia.Zone)
	if begin.Day() != date || int(begin.Month()) != month || year < 1990 || year > 2200 {
		return 0, time.Time{}, errDate
	}
	if strings.TrimSpace(rest) == "" {
		return cambodia.DayOf(begin), time.Time{}, nil
	}
	return withTime(begin, rest)
}

func dateParts(text string, order DateOrder) (year, month, date int, rest string, found bool) {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	if m := yearFirstDate.FindStringSubmatch(text); m != nil {
		return number(m[1]), number(m[2]), number(m[3]), m[4], true
	}
	if m := packedDate.FindStringSubmatch(text); m != nil {
		return number(m[1]), number(m[2]), number(m[3]), m[4], true
	}
	if m := numberDate.FindStringSubmatch(text); m != nil {
		if order == MonthFirst {
			return number(m[3]), number(m[1]), number(m[2]), m[4], true
		}
		return number(m[3]), number(m[2]), number(m[1]), m[4], true
	}
	if m := dayNameDate.FindStringSubmatch(text); m != nil {
		return number(m[3]), int(monthNamed(m[2])), number(m[1]), m[4], true
	}
	if m := nameDayDate.FindStringSubmatch(text); m != nil {
		return number(m[3]), int(monthNamed(m[1])), number(m[2]), m[4], true
	}
	return 0, 0, 0, "", false
}

// withTime adds a time of day to a day in Cambodia.
func withTime(begin time.Time, text string) (cambodia.Day, time.Time, error) {
	m := timeOfDay.FindStringSubmatch(text)
	if m == nil {
		return 0, time.Time{}, errDate
	}

	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi("0" + m[3])
	switch half := strings.ToUpper(m[4]); {
	case half != "" && (hour < 1 || hour > 12):
		return 0, time.Time{}, errDate
	case half == "PM" && hour < 12:
		hour += 12
	case half == "AM" && hour == 12:
		hour = 0
	}
	if hour > 23 || minute > 59 || second > 59 {
		return 0, time.Time{}, errDate
	}

	zone := cambodia.Zone
	if m[5] != "" {
		named, err := time.Parse("Z07:00", zoneText(m[5]))
		if err != nil {
			return 0, time.Time{}, errDate
		}
		zone = named.Location()
	}
	at := time.Date(begin.Year(), begin.Month(), begin.Day(), hour, minute, second, 0, zone).UTC()
	return cambodia.DayOf(at), at, nil
}

// zoneText writes +0700 as +07:00.
func zoneText(text string) string {
	if len(text) == 5 {
		return text[:3] + ":" + text[3:]
	}
	return text
}

// serial reads the date of a spreadsheet: the days since 1899-12-30.
func serial(text string) (cambodia.Day, time.Time, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 32_874 || value > 73_050 { // 1990 to 2100
		return 0, time.Time{}, errDate
	}

	whole, part := math.Modf(value)
	begin := time.Date(1899, 12, 30+int(whole), 0, 0, 0, 0, cambodia.Zone)
	seconds := int(math.Round(part * 86_400))
	if seconds == 0 {
		return cambodia.DayOf(begin), time.Time{}, nil
	}
	at := begin.Add(time.Duration(seconds) * time.Second).UTC()
	return cambodia.DayOf(at), at, nil
}

// shownOrder returns the order that dates show: the month comes first where the second
// number of some is more than 12, and the first number of none. It is empty where both
// could come first.
func shownOrder(texts []string) DateOrder {
	monthFirst := false
	for _, text := range texts {
		m := numberDate.FindStringSubmatch(strings.TrimSpace(khmerDigits.Replace(text)))
		if m == nil {
			continue
		}
		first, _ := strconv.Atoi(m[1])
		second, _ := strconv.Atoi(m[2])
		if first > 12 {
			return DayFirst
		}
		monthFirst = monthFirst || second > 12
	}
	if monthFirst {
		return MonthFirst
	}
	return ""
}
