package topology

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Product is what a version number in the directory stands for.
type Product struct {
	Name string // "" when the number is not known
	// Approximate says that the number is not published for this product, or that several products share it: only the build number on the server tells.
	Approximate bool
	// SupportEnd is the first moment without support; the zero time when it is not known, or long past (see Movable).
	SupportEnd time.Time
	// Extended are the periods after that in which security updates could be bought, in order.
	Extended []Period
	// Movable says that people can be moved to Teams from such a pool, given the right update. What is known and not movable has been out of support for years.
	Movable bool
}

// Period is a span of time: from From until just before Until.
type Period struct{ From, Until time.Time }

// ProductOf reads msRTCSIP-PoolVersion. The numbers up to 5 are published for pools; 6 is published for trusted servers only, 7 and 8 are not at all.
func ProductOf(version int64) Product {
	var p Product
	switch version {
	case 0, 1, 2:
		p.Name = "Live Communications Server"
	case 3:
		p.Name = "Office Communications Server 2007"
	case 4:
		p.Name = "Office Communications Server 2007 R2"
	case 5:
		p.Name = "Lync Server 2010"
	case 6:
		p.Name, p.SupportEnd, p.Approximate, p.Movable = "Lync Server 2013", day(2023, time.April, 12), true, true
	case 7:
		p.Name = "Skype for Business Server 2015"
	case 8:
		p.Name = "Skype for Business Server 2019 or Subscription Edition"
	}
	if version == 7 || version == 8 {
		p.SupportEnd, p.Approximate, p.Movable = day(2025, time.October, 15), true, true
		p.Extended = []Period{{day(2025, time.October, 15), day(2026, time.April, 15)}, {day(2026, time.May, 1), day(2026, time.November, 1)}}
	}
	return p
}

// Supported says whether the product had free support at that time; what is not known counts as supported.
func (p Product) Supported(at time.Time) bool {
	if p.SupportEnd.IsZero() {
		return p.Name == "" || p.Movable
	}
	return at.Before(p.SupportEnd)
}

// ExtendedUntil gives the end of the paid period that the time lies in, the zero time when it lies in none.
func (p Product) ExtendedUntil(at time.Time) time.Time {
	for _, e := range p.Extended {
		if !at.Before(e.From) && at.Before(e.Until) {
			return e.Until
		}
	}
	return time.Time{}
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// Edition tells msRTCSIP-PoolType in words: standard, enterprise, or unknown.
func Edition(p evidence.Pool) string {
	switch t, _ := p.Type(); t {
	case 5:
		return "standard"
	case 10:
		return "enterprise"
	}
	return "unknown"
}

// PoolsOf lists the pools of a forest by DN, whatever the operator says of servers that are gone.
func (d *Deployment) PoolsOf(forest string) []evidence.Pool {
	var list []evidence.Pool
	for _, p := range d.pools {
		if p.Forest() == forest {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b evidence.Pool) int { return strings.Compare(a.DN(), b.DN()) })
	return list
}

// Forests lists the names of the forests that have pools, sorted. It is empty when the operator says that no server is left.
func (d *Deployment) Forests() []string {
	if d.noServer {
		return nil
	}
	names := make([]string, 0, len(d.forests))
	for name := range d.forests {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Computers finds the computer accounts that front-end servers are.
type Computers struct {
	byDN, byHost map[string]evidence.Entry
}

// NewComputers indexes the computer accounts that were read.
func NewComputers(s *evidence.Snapshot) *Computers {
	c := &Computers{byDN: map[string]evidence.Entry{}, byHost: map[string]evidence.Entry{}}
	for e := range s.Entries(evidence.ADComputers) {
		c.byDN[directory.DNKey(e.DN())] = e
		if host := e.Text("dNSHostName"); host != "" {
			c.byHost[strings.ToLower(host)] = e
		}
	}
	return c
}

// Of finds the computer account that a DN names or lies in: servers register an object below their computer account.
func (c *Computers) Of(server string) (evidence.Entry, bool) {
	dn, err := directory.ParseDN(server)
	for err == nil && dn.Len() > 0 {
		if e, ok := c.byDN[directory.DNKey(dn.String())]; ok {
			return e, true
		}
		dn = dn.Parent()
	}
	return evidence.Entry{}, false
}

// Named finds the computer account with a DNS name.
func (c *Computers) Named(host string) (evidence.Entry, bool) {
	e, ok := c.byHost[strings.ToLower(host)]
	return e, ok
}

// DisabledComputer says that a computer account is switched off.
func DisabledComputer(e evidence.Entry) bool {
	v, ok := e.Number("userAccountControl")
	return ok && v&0x2 != 0
}
