package pages

import (
	"strings"
	"testing"
	"time"
)

func TestPollIsReadBack(t *testing.T) {
	t.Parallel()
	want := pollQuery{version: 7, seconds: 5, until: time.UnixMilli(noon.UnixMilli()), from: time.Unix(noon.Unix(), 0), lang: "zh", chosen: "km", choose: true, currency: "KHR", offers: "ab12&=%", checked: true,
		codeExpires: time.UnixMilli(noon.Add(time.Minute).UnixMilli())}
	address := want.url("cs_1")
	query, found := strings.CutPrefix(address, "/c/cs_1/status?")
	if got := readPollQuery(query); !found || got != want {
		t.Errorf("%s reads %+v, want %+v", address, got, want)
	}
	for _, nonsense := range []string{"v=x&until=y", "", "v=0%", "&&=&v", "v=0;until=1"} {
		if readPollQuery(nonsense).isCurrent(0, noon) {
			t.Errorf("%q is current", nonsense)
		}
	}
}
