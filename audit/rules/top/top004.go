package top

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// TOP004 finds deployments that do not know Microsoft 365 as the host of the people who were moved.
var TOP004 = &audit.Rule{
	ID: "TOP-004", Category: "top", Severity: audit.High,
	Title: "Hosting provider for Microsoft 365 missing or wrong",
	Why: "The servers send what is meant for people in Teams to the hosting provider. When it is missing, switched off or points elsewhere, nobody can be moved, and people on the " +
		"servers and people in Teams cannot reach each other.",
	Fix: "Remove-CsHostingProvider for the entry that is wrong. Then New-CsHostingProvider -Identity Office365 -ProxyFqdn sipfed.online.lync.com -Enabled $true " +
		"-EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification -IsLocal $false -AutodiscoverUrl " +
		"https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root. In other clouds the same hosts lie in online.gov.skypeforbusiness.us (GCC High), " +
		"online.dod.skypeforbusiness.us (DoD) and online.partner.lync.cn (China).",
	Guards: "Judged in forests with people homed on their servers; where nobody is left the provider must be off (TOP-006). One provider without fault is enough, whatever others there are. " +
		"Host names of the worldwide and the national clouds are known; with other endings in the configuration the Autodiscover address is not judged.",
	Refs:    []audit.Ref{{Title: "Configure hybrid connectivity between Skype for Business Server and Microsoft 365"}, {Title: "New-CsHostingProvider"}},
	Message: "hosting provider {provider}: {providerFaults}",
	Needs: slices.Concat(settingsNeeds(), []audit.Need{{Dataset: evidence.ServerProviders, Attributes: []string{
		"Identity", "ProxyFqdn", "Enabled", "EnabledSharedAddressSpace", "HostsOCSUsers", "IsLocal", "AutodiscoverUrl",
	}}}),
	Applies: whenHybrid,
	Check: audit.Once(func(p *audit.Pass) {
		for f := range p.Evidence.Forests() {
			if hybrid(p, f.Name()) && p.BroughtOf(evidence.ServerProviders, f.Name()) {
				judgeProviders(p, f.Name(), p.ServerExportsOf(evidence.ServerProviders, f.Name()))
			}
		}
	}),
}

func judgeProviders(p *audit.Pass, forest string, list []evidence.Export) {
	var best evidence.Export
	var faults []string
	for _, e := range list {
		found, is := providerFaults(p, e)
		if !is {
			continue
		}
		if best.IsZero() || cmp.Or(cmp.Compare(len(found), len(faults)), strings.Compare(e.Text("Identity"), best.Text("Identity"))) < 0 {
			best, faults = e, found
		}
	}
	f := audit.Finding{Subject: audit.ForestSubject(forest)}
	switch {
	case best.IsZero():
		var others []string
		for _, e := range list {
			others = append(others, strings.TrimSpace(e.Text("Identity")+" "+e.Text("ProxyFqdn")))
		}
		slices.Sort(others)
		f.Args = []audit.Arg{audit.Str("provider", "none"), audit.List("providerFaults", []string{"missing"})}
		f.Evidence = fact("providers", others)
	case len(faults) > 0:
		f.Value = best.Text("ProxyFqdn")
		f.Args = []audit.Arg{audit.Str("provider", best.Text("Identity")), audit.List("providerFaults", faults)}
		f.Evidence = exportFacts(best, "Identity", "ProxyFqdn", "Enabled", "EnabledSharedAddressSpace", "HostsOCSUsers", "IsLocal", "AutodiscoverUrl", "VerificationLevel")
	default:
		return
	}
	p.Report(f)
}

// providerFaults says what is wrong with a provider; is is false for one that is not Microsoft 365.
func providerFaults(p *audit.Pass, e evidence.Export) (faults []string, is bool) {
	suffix, is := onlineSuffix(p, e.Text("ProxyFqdn"))
	if !is {
		return nil, false
	}
	for _, flag := range []struct {
		property, fault string
		want            evidence.Tri
	}{
		{"Enabled", "notEnabled", evidence.True}, {"EnabledSharedAddressSpace", "notShared", evidence.True}, {"HostsOCSUsers", "hostsNobody", evidence.True},
		{"IsLocal", "local", evidence.False},
	} {
		if v := e.Flag(flag.property); v != evidence.Absent && v != flag.want {
			faults = append(faults, flag.fault)
		}
	}
	if proxy := host(e.Text("ProxyFqdn")); proxy != "sipfed"+suffix && slices.Contains(topology.OnlineSuffixes(), suffix) {
		faults = append(faults, "proxy")
	}
	const path = "/autodiscover/autodiscoverservice.svc/root"
	if url := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(e.Text("AutodiscoverUrl")), "/")); url != "https://webdir"+suffix+path && slices.Contains(topology.OnlineSuffixes(), suffix) {
		faults = append(faults, "autodiscover")
	}
	return faults, true
}

// onlineSuffix gives the ending by which a host belongs to Microsoft 365.
func onlineSuffix(p *audit.Pass, proxy string) (suffix string, ok bool) {
	suffixes := p.Settings.OnlineSuffixes
	if len(suffixes) == 0 {
		suffixes = topology.OnlineSuffixes()
	}
	for _, s := range suffixes {
		if s = strings.ToLower(s); strings.HasSuffix(host(proxy), s) {
			return s, true
		}
	}
	return "", false
}

func host(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
