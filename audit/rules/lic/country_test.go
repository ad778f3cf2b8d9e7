package lic

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// Every code is a country of its own to golang.org/x/text as well; the other way round that package also knows groups, old names and numbers.
func TestCountries(t *testing.T) {
	codes := strings.Fields(countries)
	if len(codes) != 250 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 250 {
		t.Errorf("%d codes, want the 249 of ISO 3166-1 and XK, each once", len(codes))
	}
	for _, c := range codes {
		r, err := language.ParseRegion(c)
		if err != nil || !r.IsCountry() || r.String() != c {
			t.Errorf("%s is %v to golang.org/x/text: %v", c, r, err)
		}
		if !country(c) || !country(strings.ToLower(c)) {
			t.Errorf("country(%q) is false", c)
		}
	}
	for _, c := range []string{"", " ", "J", "JPN", "Japan", "UK", "EU", "ZZ", "XX", "392", "J P", "E A", "  ", "SU", "日本"} {
		if country(c) {
			t.Errorf("country(%q) is true", c)
		}
	}
}
