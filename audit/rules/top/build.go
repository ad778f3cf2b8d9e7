package top

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// build is the version that a server says to run.
type build struct {
	host    string // lower case
	version []int  // four numbers
	text    string
}

// minima are the first builds of each release line from which people can be moved to Teams.
func minima() [][]int {
	return [][]int{{5, 0, 8308, 1182}, {6, 0, 9319, 619}, {7, 0, 2046, 385}}
}

// firstSubscription is the first build of Subscription Edition that is known; Skype for Business Server 2019 has the same three numbers before it.
func firstSubscription() []int { return []int{7, 0, 2046, 820} }

// needed gives the build that a server must have; nil when it has it, or is of a release line that is not known.
func (b build) needed() []int {
	least := minima()
	for _, m := range least {
		if m[0] == b.version[0] && slices.Compare(b.version, m) < 0 {
			return m
		}
	}
	if b.version[0] < least[0][0] {
		return least[0] // older products: nobody can be moved from them at all
	}
	return nil
}

// subscription says that all servers are known to run Subscription Edition.
func subscription(list []build) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(b build) bool { return slices.Compare(b.version, firstSubscription()) < 0 })
}

// named lists servers with their builds.
func named(list []build) []string {
	var names []string
	for _, b := range list {
		names = append(names, b.host+" "+b.text)
	}
	return names
}

// builds are the servers of a forest that told their builds.
type builds struct {
	byHost    map[string]build
	taken     map[string]bool
	computers *topology.Computers
	members   map[string][]string // computers by pool, as Get-CsPool lists them
}

func buildsOf(p *audit.Pass, forest string) *builds {
	b := &builds{byHost: map[string]build{}, taken: map[string]bool{}, members: map[string][]string{}}
	for _, e := range p.ServerExportsOf(evidence.ServerReplicas, forest) {
		if v := version(e.Text("ProductVersion")); v != nil && e.Text("ReplicaFqdn") != "" {
			host := strings.ToLower(e.Text("ReplicaFqdn"))
			b.byHost[host] = build{host, v, strings.TrimSpace(e.Text("ProductVersion"))}
		}
	}
	if len(b.byHost) == 0 {
		return b
	}
	b.computers = topology.NewComputers(p.Evidence)
	for _, e := range p.ServerExportsOf(evidence.ServerPools, forest) {
		fqdn := strings.ToLower(e.Text("Fqdn"))
		for c := range e.List("Computers") {
			b.members[fqdn] = append(b.members[fqdn], strings.ToLower(c))
		}
	}
	return b
}

// version reads a version of four numbers; nil when it is none.
func version(text string) []int {
	parts := strings.Split(strings.TrimSpace(text), ".")
	if len(parts) != 4 {
		return nil
	}
	v := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil
		}
		v[i] = n
	}
	return v
}

// of lists the builds of a pool's servers: its front ends by their computer accounts, the members that Get-CsPool lists, and the server that is called like the pool.
func (b *builds) of(pool evidence.Pool) []build {
	if len(b.byHost) == 0 {
		return nil
	}
	name := strings.ToLower(pool.Host())
	hosts := append([]string{name}, b.members[name]...)
	for dn := range pool.FrontEnds() {
		if e, ok := b.computers.Of(dn); ok {
			hosts = append(hosts, strings.ToLower(e.Text("dNSHostName")))
		}
	}
	slices.Sort(hosts)
	var list []build
	for _, host := range slices.Compact(hosts) {
		if one, ok := b.byHost[host]; ok {
			b.taken[host] = true
			list = append(list, one)
		}
	}
	return list
}

// rest lists the servers that belong to no pool, such as those of the Edge.
func (b *builds) rest() []build {
	var list []build
	for host, one := range b.byHost {
		if !b.taken[host] {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b build) int { return strings.Compare(a.host, b.host) })
	return list
}

// judgeBuilds reports servers with which nobody can be moved.
func judgeBuilds(p *audit.Pass, s audit.Subject, list []build, facts []audit.Fact) {
	var old []build
	var needed []int
	for _, b := range list {
		if m := b.needed(); m != nil {
			old, needed = append(old, b), slices.MaxFunc([][]int{needed, m}, slices.Compare)
		}
	}
	if len(old) == 0 {
		return
	}
	least := make([]string, len(needed))
	for i, n := range needed {
		least[i] = strconv.Itoa(n)
	}
	p.Report(audit.Finding{
		Variant: "B", Subject: s, Args: []audit.Arg{audit.List("servers", named(old)), audit.Str("needed", strings.Join(least, "."))},
		Evidence: slices.Concat(facts, fact("builds", named(list))),
	})
}
