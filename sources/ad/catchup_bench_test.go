package ad

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
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

// Of the hundred thousand users of the benchmark some change and some are deleted.
const (
	benchUsers   = 100_000
	benchChanged = 90
	benchGone    = 10
)

// largeEstate is one of one domain with many users.
func largeEstate() *estate {
	e := newKeeper(0, 0)
	e.sub = lab.Directory{}
	e.rootUSN = 10 * benchUsers
	for i := range benchUsers {
		u := user(i)
		for name, text := range map[string]string{
			"uSNChanged": strconv.Itoa(9*i + 1), "uSNCreated": "1", "manager": userDN((i + 1) % benchUsers),
			"pwdLastSet": strconv.FormatInt(fileTime(e.now.Add(-time.Duration(i%80)*24*time.Hour)), 10),
		} {
			replace(&u, name, text)
		}
		e.root.Entries = append(e.root.Entries, u)
	}
	return e
}

// age lets some of the users of a large estate change and others go.
func (e *estate) age() {
	const step = benchUsers / (benchChanged + benchGone)
	h := e.of(testBase)
	from := len(h.d.Entries) - benchUsers
	var gone []lab.Entry
	for i := range benchChanged + benchGone {
		one := &h.d.Entries[from+i*step]
		if i%10 == 0 {
			gone = append(gone, *one)
			replace(&h.d.Entries[from+(i*step+benchUsers-1)%benchUsers], "manager")
			continue
		}
		*h.usn++
		replace(one, "displayName", "Changed")
		replace(one, "uSNChanged", strconv.FormatInt(*h.usn, 10))
		replace(one, "replPropertyMetaData", string(metaDataBytes(metaData{attributeName: 1, 0x2000d: *h.usn})))
	}
	h.d.Entries = slices.DeleteFunc(h.d.Entries, func(one lab.Entry) bool {
		return slices.ContainsFunc(gone, func(e lab.Entry) bool { return e.DN == one.DN })
	})
	for _, one := range gone {
		e.bury(h, one)
	}
}

// BenchmarkCatchUp compares a full reading of a hundred thousand users with catching up with a hundred changes, by tombstones and by the list of all objects.
// The server shares the processors.
func BenchmarkCatchUp(b *testing.B) {
	e := largeEstate()
	var sent atomic.Int64
	configOf := func(faults ...ldaplab.Fault) Config {
		c := configFor(start(b, ldaplab.Options{
			Directory: e.root, USN: e.rootUSN, Faults: faults, Now: func() time.Time { return e.now },
			Answered: func(_ ldaplab.Request, entries int) { sent.Add(int64(entries)) },
		}, false))
		c.PageSize = 1000
		return c
	}
	before, err := collect(b, configOf())
	if err != nil {
		b.Fatal(err)
	}
	e.age()
	hidden := ldaplab.Fault{Kind: ldaplab.HiddenSubtree, Names: []string{deletedIn + testBase}}
	for _, way := range []struct {
		name, notes, way string
		config           Config
		previous         *evidence.Snapshot
	}{
		{"full", "", "", configOf(), nil},
		{"list", "90 changed, 10 gone, 99900 carried over", "the list of all objects because CN=Deleted Objects cannot be seen", configOf(hidden), before},
		{"tombstones", "90 changed, 10 read again, 10 gone, 99890 carried over", "tombstones", configOf(), before},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			c, m := way.config, &meter{}
			c.Dialer, c.Previous = m, way.previous
			sent.Store(0)
			for b.Loop() {
				s, err := collect(b, c)
				if err != nil || s.Rows(evidence.ADUsers) != benchUsers-benchGone || s.State(evidence.ADUsers) != evidence.Complete {
					b.Fatal(err, s.Coverage())
				}
				if notes, by := notesAbout(b, s, evidence.ADUsers), wayOf(b, s, evidence.ADUsers); notes != way.notes || by != way.way {
					b.Fatal(notes, by)
				}
			}
			b.ReportMetric(float64(m.bytes.Load())/float64(b.N)/1e6, "MB-read/op")
			b.ReportMetric(float64(sent.Load())/float64(b.N), "entries/op")
		})
	}
}
