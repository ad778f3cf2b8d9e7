package net

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// NET006Params hold the answer of the network's administrators to a question that no probe can ask, and how long an idle connection must live.
type NET006Params struct {
	WANOptimiser bool          `yaml:"wanOptimiser"`
	Idle         time.Duration `yaml:"idle"`
}

// NET006 finds proxies that do not suit Microsoft 365.
var NET006 = &audit.Rule{
	ID: "NET-006", Category: "net", Severity: audit.High,
	Title: "Proxy demands credentials or is unsuitable",
	Why: "Services, sign-in assistants and parts of Teams cannot sign in at a proxy. Connections for messages and presence are idle most of the time: when they are cut, clients sign out and in again. What " +
		"is stored or compressed on the way breaks as well.",
	Fix: "Let the hosts of Microsoft's list of endpoints (ids 1, 8, 11, 12, 31, 56, 59) pass the proxy without authentication, for all users and all computers, or go around it. Exempt them from " +
		"inspection, caching and WAN optimisation, and set the time-out of idle TLS sessions to 8 hours.",
	Guards: "Only the proxy that was configured for this tool, or that its environment names, was tried, with the identity it runs under: when a proxy signs users in silently, repeat it with the " +
		"identity that people's computers have. A test with an idle connection runs only when network.idleTest asks for one. Whether a WAN optimiser stands on the way is a question for people: answer " +
		"it with the parameter wanOptimiser.",
	Refs:     []audit.Ref{{Title: "KB 2409256"}, {Title: "KB 2769142"}, {Title: "KB 2690045"}},
	Identity: []string{"site"},
	Variants: []audit.Variant{
		{
			Code: "A", Message: "the proxy {proxy} wants credentials (407) from {site}, for {hosts}",
			Needs: connectionNeeds(),
		},
		{
			Code: "F", Message: "the proxy configuration script is a file, {pac}, at {site}: clients without a browser, and Windows itself, do not read it",
			Fix: "Publish the script at an http address, or through WPAD, and enter that address in the proxy settings (group policy) in place of the file.",
		},
		{
			Code: "I", Message: "an idle connection from {site} was cut after {held}; at least {least} are needed",
			Fix: "Set the time-out of idle TLS sessions on proxy, firewall and address translation to 8 hours for the hosts of endpoint ids 12 and 1, at the very least above 10 minutes.",
		},
		{
			Code: "W", Message: "a WAN optimiser or a cache stands between clients and Microsoft 365, as the configuration says",
			Fix: "Exempt the hosts of Microsoft's list of endpoints from optimisation and caching: the traffic is encrypted, cannot be stored, and suffers from the detour.",
		},
	},
	Needs:  []audit.Need{{Dataset: evidence.ProbeSettings, PartOK: true}},
	Params: func() any { return &NET006Params{Idle: 10 * time.Minute} },
	Applies: func(p *audit.Pass) audit.Reason {
		if audit.Params[NET006Params](p).WANOptimiser || len(asking(p)) > 0 {
			return audit.Reason{}
		}
		for s := range p.Evidence.Settings() {
			switch s.Name {
			case evidence.SettingProxyHTTPS, evidence.SettingProxyHTTP, evidence.SettingPAC, evidence.SettingIdleAsked:
				return audit.Reason{}
			}
		}
		for c := range p.Evidence.Connections() {
			if c.Via == evidence.ViaProxy {
				return audit.Reason{}
			}
		}
		return audit.Because("noProxy")
	},
	Check: audit.Once(func(p *audit.Pass) {
		judgeCredentials(p)
		settings := settingsOf(p)
		for _, site := range slices.Sorted(maps.Keys(settings)) {
			judgeScript(p, site, settings[site][evidence.SettingPAC])
			judgeIdle(p, site, settings[site])
		}
		if audit.Params[NET006Params](p).WANOptimiser {
			p.Report(audit.Finding{
				Variant: "W", Subject: audit.DatasetSubject(evidence.ProbeSettings), Args: []audit.Arg{audit.Str("site", "")},
				Evidence: []audit.Fact{{Name: "wanOptimiser", Values: []string{"true"}}},
			})
		}
	}),
}

// settingsOf gives the settings by place and name.
func settingsOf(p *audit.Pass) map[string]map[string]string {
	all := map[string]map[string]string{}
	for s := range p.Evidence.Settings() {
		if all[s.Site] == nil {
			all[s.Site] = map[string]string{}
		}
		all[s.Site][s.Name] = s.Value
	}
	return all
}

// atProxy is a proxy as it is used from a place.
type atProxy struct{ site, proxy string }

// asking gives the attempts at which a proxy wanted credentials.
func asking(p *audit.Pass) map[atProxy][]evidence.Connection {
	all := map[atProxy][]evidence.Connection{}
	for _, h := range p.Hosts().Hosts() {
		for _, c := range h.Connections {
			if hosts.Unauthenticated(c) {
				key := atProxy{c.Site, strings.ToLower(c.Proxy)}
				all[key] = append(all[key], c)
			}
		}
	}
	return all
}

// shownAttempts is how many attempts are evidence enough for what is the same for all.
const shownAttempts = 10

func judgeCredentials(p *audit.Pass) {
	all := asking(p)
	for _, key := range slices.SortedFunc(maps.Keys(all), func(a, b atProxy) int { return strings.Compare(a.site+"\x00"+a.proxy, b.site+"\x00"+b.proxy) }) {
		attempts := all[key]
		var names []string
		for _, c := range attempts {
			if name := hosts.Key(c.Host, c.Port); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		p.Report(audit.Finding{
			Variant: "A", Subject: proxySubject(key.proxy),
			Args:     []audit.Arg{audit.Str("site", key.site), audit.Str("proxy", key.proxy), audit.List("hosts", names)},
			Evidence: facts(attempts[:min(len(attempts), shownAttempts)]),
		})
	}
}

func proxySubject(proxy string) audit.Subject {
	host, port, ok := place("http://" + proxy)
	if !ok {
		return audit.DatasetSubject(evidence.ProbeSettings)
	}
	return audit.HostSubject(host, port)
}

// judgeScript looks at the address of the proxy configuration script.
func judgeScript(p *audit.Pass, site, script string) {
	lower := strings.ToLower(strings.TrimSpace(script))
	drive := len(lower) > 2 && lower[1] == ':' && (lower[2] == '\\' || lower[2] == '/')
	if !strings.HasPrefix(lower, "file:") && !strings.HasPrefix(lower, `\\`) && !drive {
		return
	}
	p.Report(audit.Finding{
		Variant: "F", Subject: audit.DatasetSubject(evidence.ProbeSettings), Value: script, Args: []audit.Arg{audit.Str("site", site), audit.Str("pac", script)},
		Evidence: []audit.Fact{{Name: evidence.SettingPAC, Values: []string{script}}},
	})
}

// judgeIdle looks at how long an idle connection lived, when that was tried.
func judgeIdle(p *audit.Pass, site string, of map[string]string) {
	if of[evidence.SettingIdleAsked] == "" {
		return
	}
	least := audit.Params[NET006Params](p).Idle
	asked, err := time.ParseDuration(of[evidence.SettingIdleAsked])
	held, failed := time.ParseDuration(of[evidence.SettingIdleHeld])
	switch {
	case err != nil || failed != nil:
		p.Doubt(audit.Because("idleUntold", audit.Str("site", site)))
	case held >= least:
	case held >= asked: // it lived as long as it was asked to, which says nothing about the time after
		p.Doubt(audit.Because("idleShort", audit.Str("site", site), audit.Str("asked", asked.String()), audit.Str("least", least.String())))
	default:
		p.Report(audit.Finding{
			Variant: "I", Subject: audit.DatasetSubject(evidence.ProbeSettings),
			Args: []audit.Arg{audit.Str("site", site), audit.Str("held", held.String()), audit.Str("least", least.String())},
			Evidence: []audit.Fact{
				{Name: evidence.SettingIdleAsked, Values: []string{asked.String()}}, {Name: evidence.SettingIdleHeld, Values: []string{held.String()}},
			},
		})
	}
}
