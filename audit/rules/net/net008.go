package net

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// NET008Params say which entries of firewalls are obsolete besides those that the list of endpoints calls so, which categories of the list must be allowed, and by id, which
// ranges of addresses do for the names.
type NET008Params struct {
	Obsolete   []string            `yaml:"obsolete"`
	Categories []string            `yaml:"categories"`
	Ranges     map[string][]string `yaml:"ranges"`
}

// NET008 compares the firewall's rules with the list of endpoints, and that list with the newest one.
var NET008 = &audit.Rule{
	ID: "NET-008", Category: "net", Severity: audit.Info,
	Title: "Firewall rules or endpoint list out of date",
	Why: "What nobody needs any more is a needless hole. What is new, such as teams.cloud.microsoft, is closed until somebody looks: features then fail for some people and some of the time, as services move " +
		"to the new names.",
	Fix: "Look into the firewall's log whether the entry is still used by anything else, then delete it.",
	Guards: "Judged on the rules that were brought along (network.firewallRules). Where servers are on-premises, ports 50000-59999 and sfbassets.com are left alone: Edge servers and the meeting app of " +
		"Skype for Business Server use them. An entry that a current row wants, too, is not obsolete. A row is allowed when rules with names or with all IPv4 ranges of its id allow it (parameter ranges), and IPv6 counts " +
		"when the rules have any; of what is missing below a wildcard that is missing itself, only the wildcard is reported. Whether the list is the newest one is not assessed where endpoints.office.com does not tell.",
	Refs:    []audit.Ref{{Title: "Microsoft 365 URLs and IP address ranges"}, {Title: "Microsoft 365 IP address and URL web service"}},
	Message: "line {line} of the firewall's rules allows {host}, ports {rulePorts}, which Microsoft 365 does not use any more ({listed})",
	// Lines of a list move: an entry is what it allows.
	Identity: []string{"site", "host", "rulePorts", "protocol"},
	Variants: []audit.Variant{
		{
			Code: "M", Message: "no rule of the firewall allows {host}, ports {rulePorts} ({protocol}), id {endpoints} of Microsoft's list",
			Fix:   "Allow {host} on ports {rulePorts} ({protocol}), id {endpoints} of Microsoft's list, from the clients' networks; for all users, without inspection.",
			Needs: []audit.Need{{Dataset: evidence.ProbeFirewall}},
		},
		{
			Code: "O", Message: "the list of endpoints that was used is of {date}; the newest version is {newest}",
			Fix: "Use a newer release of this program, or bring its list up to date from endpoints.office.com and name it in network.endpointsFile; then judge again.",
		},
	},
	Needs: []audit.Need{{Dataset: evidence.ProbeEndpoints, PartOK: true}, {Dataset: evidence.ProbeSettings, PartOK: true}},
	Params: func() any {
		return &NET008Params{
			Obsolete: []string{
				"*:50000-59999", "*:5223", "tripp*.online.lync.com", "*.broadcast.skype.com", "broadcast.skype.com", "*.skypeforbusiness.com", "*.sfbassets.com", "13.107.64.0/18", "msoidsvc*",
			},
			Categories: []string{"Optimize", "Allow"},
			Ranges:     map[string][]string{"12": {"52.112.0.0/14", "52.122.0.0/15"}},
		}
	},
	Check: audit.Once(func(p *audit.Pass) {
		bySite := map[string]*fence{}
		for e := range p.Evidence.Endpoints() {
			fenceOf(bySite, e.Site).add(e)
		}
		for r := range p.Evidence.FirewallRules() {
			f := fenceOf(bySite, r.Site)
			f.rules = append(f.rules, r)
		}
		for _, f := range bySite {
			f.sort()
			f.obsoleteRules(p)
			if len(f.rules) > 0 {
				f.missingRows(p)
			}
		}
		settings := settingsOf(p)
		if len(bySite) == 0 && len(settings) == 0 {
			p.Doubt(audit.Because("noListDate", audit.Str("site", "")))
		}
		for _, site := range slices.Sorted(maps.Keys(settings)) {
			judgeListDate(p, site, settings[site])
		}
		for _, site := range slices.Sorted(maps.Keys(bySite)) {
			if settings[site] == nil {
				p.Doubt(audit.Because("noListDate", audit.Str("site", site)))
			}
		}
	}),
}

// fence is the list of endpoints and the firewall's rules of a place.
type fence struct {
	current, past []evidence.Endpoint
	rules         []evidence.FirewallRule
}

func fenceOf(all map[string]*fence, site string) *fence {
	if all[site] == nil {
		all[site] = &fence{}
	}
	return all[site]
}

func (f *fence) add(e evidence.Endpoint) {
	if e.Current {
		f.current = append(f.current, e)
	} else {
		f.past = append(f.past, e)
	}
}

func (f *fence) sort() {
	for _, list := range [][]evidence.Endpoint{f.current, f.past} {
		slices.SortFunc(list, func(a, b evidence.Endpoint) int {
			return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Ports, b.Ports), strings.Compare(a.Protocol, b.Protocol))
		})
	}
	slices.SortFunc(f.rules, func(a, b evidence.FirewallRule) int { return cmp.Compare(a.Line, b.Line) })
}

// edgePorts are what Edge servers of the organisation use for audio and video of partners.
var edgePorts = ports{{50000, 59999}}

func (f *fence) obsoleteRules(p *audit.Pass) {
	said := map[evidence.FirewallRule]bool{}
	for _, r := range f.rules {
		listed, ok := f.obsolete(r, audit.Params[NET008Params](p).Obsolete)
		list, _ := parsePorts(r.Ports)
		ours := p.Topology().Present() && (list.within(edgePorts) || strings.HasSuffix(address.DomainKey(r.Host), "sfbassets.com"))
		entry := r
		entry.Line = 0
		if !ok || ours || said[entry] {
			continue
		}
		said[entry] = true
		p.Report(audit.Finding{
			Subject: audit.DatasetSubject(evidence.ProbeFirewall), Value: strings.TrimSpace(r.Host + " " + r.Ports),
			Args: append(entryArgs(r.Site, r.Host, r.Ports, r.Protocol), audit.Num("line", r.Line), audit.Str("listed", listed)),
			Evidence: []audit.Fact{{Name: "rule", Values: []string{
				"line: " + strconv.Itoa(r.Line), "host: " + r.Host, "ports: " + r.Ports, "protocol: " + r.Protocol,
			}}, {Name: "protocol", Values: []string{orAll(r.Protocol)}}},
		})
	}
}

func entryArgs(site, host, list, protocol string) []audit.Arg {
	return []audit.Arg{audit.Str("site", site), audit.Str("host", orAll(host)), audit.Str("rulePorts", orAll(list)), audit.Str("protocol", orAll(protocol))}
}

// orAll is what stands for everything where a rule says nothing.
func orAll(text string) string {
	if text == "" {
		return "*"
	}
	return text
}

// obsolete says that a rule allows only what is not used any more, and since when.
func (f *fence) obsolete(r evidence.FirewallRule, more []string) (listed string, ok bool) {
	for _, e := range f.past {
		if f.matches(r, e.Host, e.Ports) && !f.wanted(r, e.Host) {
			return cmp.Or(e.Listed, "unlisted"), true
		}
	}
	for _, entry := range more {
		host, list, hasPorts := strings.Cut(entry, ":")
		if strings.Count(entry, ":") > 1 { // a range of IPv6 addresses
			host, list, hasPorts = entry, "", false
		}
		if !hasPorts {
			list = ""
		}
		if f.matches(r, host, list) && !f.wanted(r, host) {
			return "unlisted", true
		}
	}
	return "", false
}

// matches says that a rule is an obsolete entry, or a part of one. Of an entry for any host the ports decide, if the rule is for any host, too, or for one of Microsoft's.
func (f *fence) matches(r evidence.FirewallRule, host, list string) bool {
	if anyHost(host) {
		past, _ := parsePorts(list)
		own, _ := parsePorts(r.Ports)
		return own.within(past) && (anyHost(r.Host) || slices.ContainsFunc(slices.Concat(f.current, f.past), func(e evidence.Endpoint) bool {
			return !anyHost(e.Host) && (coversHost(e.Host, r.Host) || coversHost(r.Host, e.Host))
		}))
	}
	if anyHost(r.Host) {
		return false
	}
	return coversHost(host, r.Host) || sameButFirst(host, address.DomainKey(r.Host))
}

// wanted says that a current row wants what a rule allows. A rule that is just the obsolete entry is not wanted because a wider row holds it, too.
func (f *fence) wanted(r evidence.FirewallRule, obsolete string) bool {
	own, _ := parsePorts(r.Ports)
	literal := strings.EqualFold(r.Host, obsolete) || strings.Contains(strings.TrimPrefix(obsolete, "*."), "*")
	return slices.ContainsFunc(f.current, func(e evidence.Endpoint) bool {
		switch list, _ := parsePorts(e.Ports); {
		case anyHost(obsolete): // judged by its ports
			return own.within(list) && !anyHost(r.Host) && (coversHost(e.Host, r.Host) || coversHost(r.Host, e.Host))
		case literal:
			return strings.EqualFold(e.Host, r.Host)
		}
		return coversHost(e.Host, r.Host) || coversHost(r.Host, e.Host)
	})
}

// missingRows reports the rows of the list that no rule allows. A name below a wildcard that is missing, too, is the same gap.
func (f *fence) missingRows(p *audit.Pass) {
	params := audit.Params[NET008Params](p)
	missing := slices.DeleteFunc(slices.Clone(f.current), func(e evidence.Endpoint) bool { return !required(e, params.Categories) || f.allowed(e, params) })
	for _, e := range missing {
		if f.spelledOut(e, missing, params) || slices.ContainsFunc(missing, func(wider evidence.Endpoint) bool { return below(e, wider) }) {
			continue
		}
		p.Report(audit.Finding{
			Variant: "M", Subject: audit.DatasetSubject(evidence.ProbeFirewall), Value: e.Host,
			Args: append(entryArgs(e.Site, e.Host, e.Ports, e.Protocol), audit.Str("endpoints", orAll(e.Group))),
			Evidence: []audit.Fact{{Name: "endpoint", Values: []string{
				"host: " + e.Host, "ports: " + e.Ports, "protocol: " + e.Protocol, "id: " + e.Group, "category: " + e.Category, "listed: " + e.Listed,
			}}},
		})
	}
}

// allowed says that rules let out a row, by its name or by the ranges of addresses that stand for it, or for a range, by the names. IPv6 counts when the rules have any.
func (f *fence) allowed(e evidence.Endpoint, params *NET008Params) bool {
	if open(f.rules, e) {
		return true
	}
	n, isRange := network(e.Host)
	if !isRange {
		return f.ranged(e) || f.replaced(e, params.Ranges[e.Group])
	}
	six := slices.ContainsFunc(f.rules, func(r evidence.FirewallRule) bool { n, ok := network(r.Host); return ok && n.Addr().Is6() })
	return n.Addr().Is6() && !six || f.named(e)
}

// replaced says that all of some ranges are allowed on the ports of a row.
func (f *fence) replaced(e evidence.Endpoint, ranges []string) bool {
	for _, r := range ranges {
		e.Host = r
		if !open(f.rules, e) {
			return false
		}
	}
	return len(ranges) > 0
}

// below says that a row is part of a wider one.
func below(e, wider evidence.Endpoint) bool {
	own, _ := neededPorts(e)
	ports, _ := parsePorts(wider.Ports)
	return !strings.EqualFold(e.Host, wider.Host) && coversHost(wider.Host, e.Host) && allows(wider.Protocol, e.Protocol) && (len(ports) == 0 || own.within(ports))
}

// spelledOut says that of a wildcard of which only a part must be allowed, the names that make up that part are.
func (f *fence) spelledOut(e evidence.Endpoint, missing []evidence.Endpoint, params *NET008Params) bool {
	if !strings.Contains(e.Category, "/") || slices.ContainsFunc(missing, func(m evidence.Endpoint) bool { return below(m, e) }) {
		return false
	}
	return slices.ContainsFunc(f.current, func(c evidence.Endpoint) bool {
		return required(c, params.Categories) && !strings.EqualFold(c.Host, e.Host) && coversHost(e.Host, c.Host)
	})
}

// required says that a row must be allowed: it is of one of the categories, no option, and stands in Microsoft's list under an id.
func required(e evidence.Endpoint, categories []string) bool {
	first, _, _ := strings.Cut(e.Category, "/")
	if e.Group == "" || strings.Contains(strings.ToLower(e.Category), "optional") || strings.Contains(e.Host, "<") || anyHost(e.Host) {
		return false
	}
	return slices.ContainsFunc(categories, func(c string) bool { return strings.EqualFold(c, strings.TrimSpace(first)) })
}

// alike lists the current rows of a row's group and protocol, by names or by ranges of IPv4 addresses.
func (f *fence) alike(e evidence.Endpoint, ranges bool) []evidence.Endpoint {
	var list []evidence.Endpoint
	for _, other := range f.current {
		n, isRange := network(other.Host)
		if other.Group == e.Group && other.Protocol == e.Protocol && isRange == ranges && (!isRange || n.Addr().Is4()) {
			list = append(list, other)
		}
	}
	return list
}

// ranged says that the ranges of addresses of a named row's group are all allowed, which does as well.
func (f *fence) ranged(e evidence.Endpoint) bool { return f.allOpen(f.alike(e, true)) }

// named says that the names of a range's group are all allowed.
func (f *fence) named(e evidence.Endpoint) bool { return f.allOpen(f.alike(e, false)) }

func (f *fence) allOpen(rows []evidence.Endpoint) bool {
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(e evidence.Endpoint) bool { return !open(f.rules, e) })
}

// judgeListDate compares the date of the list that was used with the newest version.
func judgeListDate(p *audit.Pass, site string, of map[string]string) {
	date, err := time.Parse(time.DateOnly, of[evidence.SettingListDate])
	version := of[evidence.SettingListVersion]
	if err != nil {
		p.Doubt(audit.Because("noListDate", audit.Str("site", site)))
		return
	}
	if len(version) < 8 {
		p.Doubt(audit.Because("noListVersion", audit.Str("site", site)))
		return
	}
	newest, err := time.Parse("20060102", version[:8])
	if err != nil {
		p.Doubt(audit.Because("noListVersion", audit.Str("site", site)))
	}
	if err != nil || !newest.After(date) {
		return
	}
	p.Report(audit.Finding{
		Variant: "O", Subject: audit.DatasetSubject(evidence.ProbeEndpoints),
		Args: append(entryArgs(site, "", "", ""), audit.Str("date", date.Format(time.DateOnly)), audit.Str("newest", newest.Format(time.DateOnly))),
		Evidence: []audit.Fact{
			{Name: evidence.SettingListDate, Values: []string{of[evidence.SettingListDate]}}, {Name: evidence.SettingListVersion, Values: []string{version}},
			{Name: evidence.SettingListFile, Values: []string{cmp.Or(of[evidence.SettingListFile], "that of the program")}},
		},
	})
}
