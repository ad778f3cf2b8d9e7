package ad

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// meter counts what arrives over its connections.
type meter struct{ bytes atomic.Int64 }

type meteredConn struct {
	net.Conn
	meter *meter
}

func (c meteredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.meter.bytes.Add(int64(n))
	return n, err
}

func (m *meter) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return meteredConn{conn, m}, err
}

// BenchmarkCatchUp compares a full reading of a hundred thousand users with catching up with a hundred changes. The server shares the processors.
func BenchmarkCatchUp(b *testing.B) {
	const users, changes = 100_000, 100
	e := newEstate(0, 0)
	for i := range users {
		u := user(i)
		replace(&u, "uSNChanged", "70000")
		replace(&u, "manager", userDN((i+1)%users))
		e.root.Entries = append(e.root.Entries, u)
	}
	configOf := func() Config {
		c := configFor(start(b, ldaplab.Options{Directory: e.root, USN: e.rootUSN}, false))
		c.PageSize = 1000
		return c
	}
	before, err := collect(b, configOf())
	if err != nil {
		b.Fatal(err)
	}
	from := len(e.root.Entries) - users
	for i := range changes {
		e.rootUSN++
		one := &e.root.Entries[from+i*users/changes]
		replace(one, "displayName", "Changed")
		replace(one, "uSNChanged", "70001")
	}
	c := configOf()
	for name, previous := range map[string]*evidence.Snapshot{"full": nil, "caught up": before} {
		c.Previous = previous
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			m := &meter{}
			c.Dialer = m
			for b.Loop() {
				s, err := collect(b, c)
				if err != nil || s.Rows(evidence.ADUsers) != users || s.State(evidence.ADUsers) != evidence.Complete {
					b.Fatal(err, s.Coverage())
				}
				if notes := notesAbout(b, s, evidence.ADUsers); previous != nil && notes != "100 changed, 0 gone, 99900 carried over" {
					b.Fatal(notes)
				}
			}
			b.ReportMetric(float64(m.bytes.Load())/float64(b.N)/1e6, "MB-read/op")
		})
	}
}
