package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// usersPage is a page of n users with licences, plans and errors.
func usersPage(b *testing.B, n int) []byte {
	b.Helper()
	var user, compact bytes.Buffer
	if err := json.Compact(&user, fixture(b, "users")[0]); err != nil {
		b.Fatal(err)
	}
	compact.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[`)
	for i := range n {
		if i > 0 {
			compact.WriteByte(',')
		}
		compact.Write(bytes.Replace(user.Bytes(), []byte("0d6a4a7e0001"), fmt.Appendf(nil, "%012d", i), 1))
	}
	compact.WriteString(`]}`)
	return compact.Bytes()
}

// BenchmarkUsersPage takes a page of 999 users apart and stores it.
func BenchmarkUsersPage(b *testing.B) {
	body := usersPage(b, 999)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := objects.ReadPage(body, nil, false)
		if err != nil {
			b.Fatal(err)
		}
		rows := objects.NewRows(evidence.NewBuilder(time.Time{}).Table(evidence.TenantUsers), "", nil)
		if rows.Take(p) != 999 {
			b.Fatal("not all users were taken")
		}
	}
	b.ReportMetric(float64(b.N)*999/b.Elapsed().Seconds(), "users/s")
}
