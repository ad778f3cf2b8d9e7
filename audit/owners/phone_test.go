package owners_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
)

// Numbers are compared without how they are written; those without + belong to their forest, and main numbers are those with + only.
func TestTelephoneNumbers(t *testing.T) {
	rows := map[evidence.Dataset][]row{
		evidence.ADUsers: {
			{"objectGUID": guid(1), "forest": "contoso.com", "msRTCSIP-Line": "tel:+81312345678", "msRTCSIP-PrivateLine": "TEL:+81 3 1234 5678"},
			{"objectGUID": guid(2), "forest": "fabrikam.com", "msRTCSIP-Line": "tel:+81312345678;ext=1"},
			{"objectGUID": guid(3), "forest": "contoso.com", "msRTCSIP-Line": "tel:5555"},
			{"objectGUID": guid(4), "forest": "Contoso.com", "msRTCSIP-PrivateLine": "tel:55-55"},
			{"objectGUID": guid(5), "forest": "fabrikam.com", "msRTCSIP-Line": "tel:5555"},
			{"objectGUID": guid(6), "forest": "contoso.com", "msRTCSIP-Line": "sip:gateway@contoso.com"},
			{"objectGUID": guid(7), "forest": "contoso.com"},
		},
		evidence.ADContacts: {{"objectGUID": guid(8), "forest": "contoso.com", "msRTCSIP-Line": "tel:+81-312345678"}},
	}
	s := snapshot(t, rows)
	holders := func(k owners.Kind, value string) []string {
		var list []string
		for _, o := range owners.New(s, k, everybody).Holders(value) {
			list = append(list, o.GUID().String())
		}
		slices.Sort(list)
		return list
	}
	local := phone.Number{Digits: "5555"}
	for _, c := range []struct {
		kind  owners.Kind
		value string
		want  []string
	}{
		{owners.Phone, "+81312345678", []string{guid(1), guid(8)}},
		{owners.Phone, "+81312345678;ext=1", []string{guid(2)}},
		{owners.Phone, owners.PhoneKey("contoso.com", local), []string{guid(3), guid(4)}},
		{owners.Phone, owners.PhoneKey("fabrikam.com", local), []string{guid(5)}},
		{owners.MainNumber, "+81312345678", []string{guid(1), guid(2), guid(8)}},
		{owners.MainNumber, "5555", nil},
	} {
		if diff := cmp.Diff(c.want, holders(c.kind, c.value)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.value, diff)
		}
	}
}
