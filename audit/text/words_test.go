package text_test

import (
	"testing"

	"hybridaudit/audit/text"
)

// A section with an argument's name gives words for the argument's values; what it does not know stays as it is.
func TestCatalogueFormat(t *testing.T) {
	c, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{
		"problem": "Space", "reasons": []string{"disabled", "unheard of"}, "dataset": "ad.users", "sip": "Space", "count": 3,
	}
	got := c.Format("{problem} | {reasons} | {dataset} | {sip} | {count} | {missing}", func(name string) any { return args[name] })
	if want := "white space | the account is disabled, unheard of | AD users | Space | 3 | {missing}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if list := args["reasons"].([]string); list[0] != "disabled" {
		t.Errorf("the argument itself was changed to %q", list)
	}
}
