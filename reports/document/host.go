package document

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Host is what was seen of a host at a port from one place. A host that served several certificates there, one at each address or another one through the
// proxy, is there once for each.
type Host struct {
	Name     string
	Port     int
	Purposes []string // what it was looked at for, in words
	Site     string
	Direct   Way
	Proxy    Way
	Address  []string // at which it was found, none through a proxy

	TLS      []string // version that was agreed upon
	Accepted []string // versions that it accepts, when that was tried
	Served   bool     // a certificate was, and the next four are known
	Subject  string
	Issuer   string
	Until    time.Time // when the certificate ends
	DaysLeft int       // from the evidence to Until, cut to whole days; negative once it has ended
	Trust    Trust

	Failures []string // what went wrong, in the words of whoever noticed
	// Clock is by how much the host's clock is ahead of that of the host that looked (negative: behind), nil when it was not read.
	Clock *time.Duration
	Rules []string // ids of the rules with findings on the host
}

// Way is how a host was reached on one way, directly or through the proxy.
type Way struct {
	Text  string // "" when the way was not tried at all
	State Reach
}

// Reach is how far a way was open.
type Reach uint8

// How far a way was open. A higher one is worse.
const (
	Open   Reach = iota // all that was tried went through
	Untold              // nothing is known, since it was not tried or the proxy wants credentials first
	Shaky               // some tries went through, or a server answered that it is in trouble
	Shut                // nothing went through
)

// Trust is how far the chain of a certificate is trusted.
type Trust struct {
	Text  string
	State Reach // Open: by a known root; Shaky: with certificates that the server does not send, or not known; Shut: by none
}

// Hosts lists what was looked at on the network, by name, port and place.
func (d *Document) Hosts() []Host {
	index := hosts.New(d.result.Evidence)
	v := hostView{d: d, index: index, related: d.related(), clocks: clocksOf(d.result.Evidence)}
	var all []Host
	for _, h := range index.Hosts() {
		sites, attempts := hosts.BySite(h.Connections)
		shakes := map[string][]evidence.Handshake{}
		for _, s := range h.Handshakes {
			if attempts[s.Site] == nil && shakes[s.Site] == nil {
				sites = append(sites, s.Site)
			}
			shakes[s.Site] = append(shakes[s.Site], s)
		}
		slices.Sort(sites)
		for _, site := range sites {
			all = append(all, v.seen(h, site, attempts[site], shakes[site])...)
		}
	}
	all = append(all, v.timeServers()...)
	slices.SortStableFunc(all, func(a, b Host) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Site, b.Site))
	})
	return all
}

type hostView struct {
	d       *Document
	index   *hosts.Index
	related related
	clocks  map[clockKey]evidence.Clock
}

// seen makes the rows of a host at a place: one for each certificate.
func (v *hostView) seen(h *hosts.Host, site string, attempts []evidence.Connection, shakes []evidence.Handshake) []Host {
	row := Host{Name: h.Name, Port: h.Port, Site: site, Purposes: v.purposes(h.Purposes)}
	row.Direct = v.way(attempts, false)
	row.Proxy = v.way(attempts, true)
	row.Rules = rulesAt(site, v.related.hosts[hosts.Key(h.Name, h.Port)], v.related.hosts[h.Name])
	if c, ok := v.clocks[clockKey{site, h.Name, "http"}]; ok && c.Failure == "" {
		row.Clock = &c.Offset
	}
	for _, c := range attempts {
		row.Address = add(row.Address, c.Address)
		row.Failures = add(row.Failures, c.Failure)
	}
	groups := map[string][]evidence.Handshake{}
	var leaves []string
	for _, s := range shakes {
		if s.Failure != "" || len(s.Chain) == 0 {
			row.Failures = add(row.Failures, s.Failure)
			continue
		}
		if groups[s.Chain[0]] == nil {
			leaves = append(leaves, s.Chain[0])
		}
		groups[s.Chain[0]] = append(groups[s.Chain[0]], s)
	}
	if len(leaves) == 0 {
		return []Host{row}
	}
	all := make([]Host, 0, len(leaves))
	for _, leaf := range leaves {
		all = append(all, v.serving(row, groups[leaf], len(leaves) > 1))
	}
	return all
}

// serving completes a row by what handshakes with one certificate told. only says that other addresses of the host serve another one.
func (v *hostView) serving(row Host, shakes []evidence.Handshake, only bool) Host {
	row.Failures = slices.Clone(row.Failures)
	if only {
		row.Address = nil
	}
	for _, s := range shakes {
		if only {
			row.Address = add(row.Address, s.Address)
		}
		row.TLS = add(row.TLS, s.Version)
		for _, version := range s.Versions {
			row.Accepted = add(row.Accepted, version)
		}
		row.Failures = add(add(row.Failures, s.TrustError), s.NameError)
		if t := v.trust(s.Trust); row.Trust.Text == "" || t.State > row.Trust.State {
			row.Trust = t
		}
	}
	slices.Sort(row.TLS)
	slices.Sort(row.Accepted)
	c, ok := v.index.Certificate(row.Site, shakes[0].Chain[0])
	if !ok {
		return row
	}
	row.Served, row.Subject, row.Issuer, row.Until = true, c.Subject, c.Issuer, c.Ends
	if !c.Ends.IsZero() {
		const day = 24 * time.Hour
		row.DaysLeft = int(math.Floor(float64(c.Ends.Sub(v.index.Time(row.Site, v.d.Taken))) / float64(day)))
	}
	return row
}

func (v *hostView) purposes(codes []string) []string {
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = v.d.word("purpose", c)
	}
	return words
}

func (v *hostView) trust(code string) Trust {
	t := Trust{Text: v.d.word("hostTrust", code), State: Shaky}
	switch code {
	case "":
		t.Text = ""
	case evidence.TrustSystem, evidence.TrustConfigured:
		t.State = Open
	case evidence.TrustNone:
		t.State = Shut
	}
	return t
}

// way says how far the attempts on one way came. What was tried at several addresses counts as open when it is at one of them; of several things that were tried
// the worst speaks.
func (v *hostView) way(attempts []evidence.Connection, proxy bool) Way {
	type what struct{ proxy, protocol, url string }
	tried := map[what][]evidence.Connection{}
	var order []what
	for _, c := range attempts {
		if (c.Via == evidence.ViaProxy) != proxy {
			continue
		}
		w := what{c.Proxy, c.Protocol, c.URL}
		if tried[w] == nil {
			order = append(order, w)
		}
		tried[w] = append(tried[w], c)
	}
	var worst Way
	for _, w := range order {
		best := Way{}
		for i, c := range tried[w] {
			if one := v.attempt(c); i == 0 || one.State < best.State {
				best = one
			}
		}
		if best.State == Shut {
			best = v.attempt(hosts.Last(tried[w]))
		}
		if worst.Text == "" || best.State > worst.State {
			worst = best
		}
	}
	return worst
}

// statusTrouble is from which HTTP status on a server tells that it is in trouble itself.
const statusTrouble = 500

func (v *hostView) attempt(c evidence.Connection) Way {
	switch {
	case c.Stage == evidence.StagePolicy || c.Tries == 0:
		return Way{v.d.Say("reaching.untried"), Untold}
	case hosts.Unauthenticated(c):
		return Way{v.d.Say("reaching.credentials"), Untold}
	case !c.Through():
		stage := c.Stage
		if stage == evidence.StageNone {
			stage = "none"
		}
		return Way{v.d.Say("reaching.failed", Str("at", v.d.word("stage", stage))), Shut}
	case c.Answers < c.Tries:
		return Way{v.d.Say("reaching.some", Num("answers", c.Answers), Num("tries", c.Tries)), Shaky}
	case c.Status >= statusTrouble:
		return Way{v.d.Say("reaching.trouble", Num("status", c.Status)), Shaky}
	}
	return Way{v.d.Say("reaching.through"), Open}
}

type clockKey struct{ site, host, method string }

// clocksOf keeps of each host and method the surest comparison, one that failed only when there is no other.
func clocksOf(s *evidence.Snapshot) map[clockKey]evidence.Clock {
	clocks := map[clockKey]evidence.Clock{}
	for c := range s.Clocks() {
		k := clockKey{c.Site, address.DomainKey(c.Host), c.Method}
		old, known := clocks[k]
		if !known || old.Failure != "" && c.Failure == "" || (old.Failure == "") == (c.Failure == "") && c.Uncertainty < old.Uncertainty {
			clocks[k] = c
		}
	}
	return clocks
}

// ntpPort is where time servers are asked.
const ntpPort = 123

// timeServers makes rows of the time servers.
func (v *hostView) timeServers() []Host {
	var all []Host
	for k, c := range v.clocks {
		if k.method != "ntp" {
			continue
		}
		h := Host{Name: k.host, Port: ntpPort, Site: k.site, Purposes: v.purposes([]string{"time"}), Failures: add(nil, c.Failure)}
		if c.Failure == "" {
			h.Clock, h.Direct = &c.Offset, Way{v.d.Say("reaching.through"), Open}
		} else {
			h.Direct = Way{v.d.Say("reaching.silent"), Shut}
		}
		h.Rules = rulesAt(k.site, v.related.hosts[hosts.Key(k.host, ntpPort)], v.related.hosts[k.host])
		all = append(all, h)
	}
	return all
}

// add appends what is not empty and not there yet.
func add(list []string, s string) []string {
	if s = strings.TrimSpace(s); s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
