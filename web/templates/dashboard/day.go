package dashboard

import (
	"strconv"

	"rieltime/internal/cambodia"
	"rieltime/web/templates"
)

// FormatDay writes a day in full: "Sunday, 29 November 2026".
func FormatDay(lang string, day cambodia.Day) string { return formatDay(lang, "date.full", day) }

// FormatShortDay writes a day without its year: "29 November".
func FormatShortDay(lang string, day cambodia.Day) string { return formatDay(lang, "date.short", day) }

func formatDay(lang, key string, day cambodia.Day) string {
	at := day.Begin()
	return T(lang, key,
		"weekday", FormatWeekday(lang, day), "day", strconv.Itoa(at.Day()),
		"month", templates.T(lang, "time.month_"+strconv.Itoa(int(at.Month()))), "year", strconv.Itoa(at.Year()))
}

// FormatWeekday writes the day of the week.
func FormatWeekday(lang string, day cambodia.Day) string {
	return T(lang, "date.weekday_"+strconv.Itoa(int(day.Begin().Weekday())))
}
