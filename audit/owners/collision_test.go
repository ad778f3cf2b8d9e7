package owners

import (
	"testing"
	"time"

	"hybridaudit/sources/evidence"
)

// Two addresses with one hash are still two addresses.
func TestCollisionMakesNoOwner(t *testing.T) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, row := range []string{`{"userPrincipalName":"a@contoso.com"}`, `{"userPrincipalName":"b@contoso.com"}`} {
		if err := decoder.Row(b.Table(evidence.ADUsers), []byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	x := New(b.Seal(), UPN, func(evidence.ADObject) bool { return true })
	for i := range x.entries {
		x.entries[i].row = 1 - x.entries[i].row // as if each value had the other's hash
	}
	for _, v := range []string{"a@contoso.com", "b@contoso.com"} {
		if h := x.Holders(v); len(h) != 0 {
			t.Errorf("%s belongs to %s", v, h[0].UPN())
		}
	}
}
