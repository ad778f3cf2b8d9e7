// Package topology tells what the directory knows about the on-premises Skype for Business deployment: its pools, and where a person is homed.
package topology

import (
	"slices"
	"strings"
	"sync"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Home is where msRTCSIP-DeploymentLocator says that a person is homed.
type Home uint8

// The homes.
const (
	NoHome     Home = iota // no locator
	OnPremises             // SRV:
	Online                 // the proxy of a hosting provider that stands for Microsoft 365
	Other                  // anything else: nobody routes by it
)

var homeNames = []string{"none", "onPremises", "online", "other"}

func (h Home) String() string { return homeNames[h] }

// OnlineSuffixes are the host name endings of Microsoft's hosting provider proxies in the worldwide and national clouds.
func OnlineSuffixes() []string {
	return []string{".online.lync.com", ".online.gov.skypeforbusiness.us", ".online.dod.skypeforbusiness.us", ".online.partner.lync.cn"}
}

// Deployment is the on-premises deployment of the forests of a snapshot.
type Deployment struct {
	pools    map[string]evidence.Pool // by DN key
	forests  map[string][]string      // the pools' host names by forest
	suffixes []string
	noServer bool
	found    sync.Map // home server as written -> place: thousands of people share one value
}

// place is where a home server lies.
type place struct {
	pool evidence.Pool
	ok   bool
}

// New reads the deployment. noServer is the operator's word that no server is left, whatever objects remain. Empty suffixes mean [OnlineSuffixes].
func New(s *evidence.Snapshot, suffixes []string, noServer bool) *Deployment {
	if len(suffixes) == 0 {
		suffixes = OnlineSuffixes()
	}
	d := &Deployment{pools: map[string]evidence.Pool{}, forests: map[string][]string{}, noServer: noServer}
	for _, suffix := range suffixes {
		d.suffixes = append(d.suffixes, strings.ToLower(suffix))
	}
	for p := range s.Pools() {
		d.pools[directory.DNKey(p.DN())] = p
		d.forests[p.Forest()] = append(d.forests[p.Forest()], name(p))
	}
	for _, hosts := range d.forests {
		slices.Sort(hosts)
	}
	return d
}

// Present says that there is a deployment in any forest.
func (d *Deployment) Present() bool { return !d.noServer && len(d.pools) > 0 }

// In says that there is a deployment in the forest of that name.
func (d *Deployment) In(forest string) bool { return !d.noServer && len(d.forests[forest]) > 0 }

// Hosts lists the pools of a forest by dNSHostName, or by DN where that is absent. The list is shared: do not change it.
func (d *Deployment) Hosts(forest string) []string { return d.forests[forest] }

func name(p evidence.Pool) string {
	if host := p.Host(); host != "" {
		return host
	}
	return p.DN()
}

// Home reads an object's deployment locator. Letter case does not matter; a trailing dot or blank makes the value one that nobody routes by.
func (d *Deployment) Home(o evidence.ADObject) Home { return d.HomeAt(o.DeploymentLocator()) }

// HomeAt reads a deployment locator, or a hosting provider as the tenant names it.
func (d *Deployment) HomeAt(locator string) Home {
	switch {
	case locator == "":
		return NoHome
	case strings.EqualFold(locator, "SRV:"):
		return OnPremises
	}
	lower := strings.ToLower(locator)
	for _, s := range d.suffixes {
		if strings.HasSuffix(lower, s) || lower == strings.TrimPrefix(s, ".") {
			return Online
		}
	}
	return Other
}

// Pool finds the pool that a home server DN lies in: the DN names a service object some levels below the pool.
func (d *Deployment) Pool(homeServer string) (evidence.Pool, bool) {
	known, ok := d.found.Load(homeServer)
	if !ok {
		known, _ = d.found.LoadOrStore(homeServer, d.find(homeServer))
	}
	p := known.(place)
	return p.pool, p.ok
}

func (d *Deployment) find(homeServer string) place {
	dn, err := directory.ParseDN(homeServer)
	if err != nil {
		return place{}
	}
	for dn.Len() > 0 {
		if p, ok := d.pools[directory.DNKey(dn.String())]; ok {
			return place{p, true}
		}
		dn = dn.Parent()
	}
	return place{}
}

// Pools counts the pools.
func (d *Deployment) Pools() int { return len(d.pools) }
