package accept

import (
	"slices"
	"testing"
)

func TestChoicesAreSortedByWeight(t *testing.T) {
	for field, want := range map[string][]Choice{
		"":                            nil,
		";;,, ;q=1":                   nil,
		"en;q=0.1, km;q=0.9":          {{"km", 900}, {"en", 100}},
		"fr-FR,fr;q=0.9,en;q=0.8":     {{"fr-fr", 1000}, {"fr", 900}, {"en", 800}},
		"gzip;q=0":                    {{"gzip", 0}},
		"GZIP ; Q = 0.000":            {{"gzip", 0}},
		"br;level=1;q=0.5, *":         {{"*", 1000}, {"br", 500}},
		"a;q=2, b;q=-1, c;q=x, d;q=":  nil,
		"a;q=NaN, b;q=0.25, c;q=1.00": {{"c", 1000}, {"b", 250}},
	} {
		if got := Choices(field); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
}

func TestValueThatIsNotNamedHasTheWeightOfAny(t *testing.T) {
	choices := Choices("gzip;q=0, *;q=0.5")
	for value, want := range map[string]int{"gzip": 0, "GZIP": 0, "br": 500} {
		if got := WeightOf(choices, value); got != want {
			t.Errorf("%s: %d, want %d", value, got, want)
		}
	}
	if got := WeightOf(Choices("gzip"), "br"); got != 0 {
		t.Errorf("a value that is not named weighs %d without *", got)
	}
}
