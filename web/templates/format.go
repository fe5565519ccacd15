package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bojanz/currency"

	"rieltime/internal/cambodia"
)

const noBreakSpace = "\u00a0"

// FormatAmount writes minor units (cents of US dollars, whole riel) with the currency as
// buyers in Cambodia write it, grouped as lang groups digits: "$1,234.50",
// "41,000 ៛" (with a space that does not break). Another currency is written
// with its code in front, and a difference that is missing with a minus before all of it.
func FormatAmount(lang, currencyCode string, minor int64) string {
	if minor < 0 {
		return "-" + FormatAmount(lang, currencyCode, -minor)
	}
	number := FormatNumber(lang, currencyCode, minor)
	switch currencyCode {
	case "USD":
		return "$" + number
	case "KHR":
		return number + noBreakSpace + "៛"
	}
	return currencyCode + noBreakSpace + number
}

// FormatNumber is [FormatAmount] without the currency.
func FormatNumber(lang, currencyCode string, minor int64) string {
	decimals, known := currency.GetDigits(currencyCode)
	switch {
	case !known:
		return strconv.FormatInt(minor, 10)
	case currencyCode == "KHR":
		decimals = 0 // CLDR gives the riel two; ours is whole
	}

	text, negative := strings.CutPrefix(strconv.FormatInt(minor, 10), "-")
	text = strings.Repeat("0", max(0, int(decimals)+1-len(text))) + text
	whole, fraction := text[:len(text)-int(decimals)], text[len(text)-int(decimals):]

	marks, ours := marksOf[lang]
	if !ours {
		marks = marksOf["en"]
	}

	number := make([]byte, 0, 2*len(text))
	if negative {
		number = append(number, '-')
	}
	for i := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			number = append(number, marks.group)
		}
		number = append(number, whole[i])
	}
	if fraction != "" {
		number = append(append(number, marks.decimal), fraction...)
	}
	return string(number)
}

// numberMarks are what a language writes between thousands, and before decimals.
type numberMarks struct{ group, decimal byte }

// marksOf has those of our languages as CLDR has them. They are read once, for its
// formatter takes 10 µs for a number.
var marksOf = func() map[string]numberMarks {
	all := map[string]numberMarks{}
	for _, lang := range Languages {
		formatter := currency.NewFormatter(currency.NewLocale(lang))
		formatter.CurrencyDisplay = currency.DisplayNone
		sample, err := currency.NewAmountFromInt64(1_234_56, "USD")
		if err != nil {
			panic(err) // a constant
		}
		text := formatter.Format(sample)
		all[lang] = numberMarks{group: text[1], decimal: text[5]}
	}
	return all
}()

// FormatRate writes what a dollar is worth in riel, given as decimal text: "1 USD = 4,050.25 ៛".
func FormatRate(lang, value string) string {
	whole, fraction, decimals := strings.Cut(value, ".")
	riel, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return ""
	}
	number := FormatNumber(lang, "KHR", riel)
	if decimals {
		number += "." + fraction
	}
	return "1 USD = " + number + noBreakSpace + "៛"
}

// FormatDifference writes a small difference of amounts, given as decimal text: "+68.75 ៛",
// "−$0.0012"; empty for none.
func FormatDifference(currencyCode, value string) string {
	sign := "+"
	if rest, negative := strings.CutPrefix(value, "-"); negative {
		sign, value = "−", rest
	}
	switch {
	case strings.Trim(value, "0.") == "":
		return ""
	case currencyCode == "KHR":
		return sign + value + noBreakSpace + "៛"
	}
	return sign + "$" + value
}

// FormatTime is the day and the minute of t in Cambodia: "21 November 2025,
// 14:05".
func FormatTime(lang string, t time.Time) string {
	t = t.In(cambodia.Zone)
	return T(lang, "time.full",
		"day", strconv.Itoa(t.Day()),
		"month", T(lang, "time.month_"+strconv.Itoa(int(t.Month()))),
		"year", strconv.Itoa(t.Year()),
		"clock", t.Format("15:04"))
}

// FormatClock is the minute of t in Cambodia: "14:05".
func FormatClock(t time.Time) string {
	return t.In(cambodia.Zone).Format("15:04")
}

// FormatUntil is the minute of t in Cambodia for a sentence, with its day when
// that is not today: "14:05", "22 November, 14:05".
func FormatUntil(lang string, t, now time.Time) string {
	t, now = t.In(cambodia.Zone), now.In(cambodia.Zone)
	key := "time.clock"
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		key = "time.day"
	}
	return T(lang, key, "day", strconv.Itoa(t.Day()), "month", T(lang, "time.month_"+strconv.Itoa(int(t.Month()))), "clock", t.Format("15:04"))
}

// FormatSecond is the second of t in Cambodia: "14:05:09".
func FormatSecond(t time.Time) string {
	return t.In(cambodia.Zone).Format("15:04:05")
}

// FormatWait is a whole number of seconds to wait, in minutes from two on: "8 s",
// "15 min".
func FormatWait(lang string, seconds int) string {
	if seconds < 120 {
		return T(lang, "time.seconds", "count", number(seconds))
	}
	return T(lang, "time.minutes", "count", number((seconds+59)/60))
}

// formatCountdown is how app.js shows what is left: "9:05".
func formatCountdown(seconds int) string {
	seconds = max(seconds, 0)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
