package pages

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestPollIsReadBack(t *testing.T) {
	t.Parallel()
	want := pollQuery{version: 7, seconds: 5, until: time.UnixMilli(noon.UnixMilli()), from: time.Unix(noon.Unix(), 0), lang: "zh", choose: true, offers: "ab12", checked: true}
	address := want.url("cs_1")
	query, found := strings.CutPrefix(address, "/c/cs_1/status?")
	if got := readPollQuery(parse(t, query)); !found || got != want {
		t.Errorf("%s reads %+v, want %+v", address, got, want)
	}
	if readPollQuery(parse(t, "v=x&until=y")).isCurrent(0, noon) {
		t.Error("nonsense is current")
	}
}
