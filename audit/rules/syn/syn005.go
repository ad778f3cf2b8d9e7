package syn

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SYN005 finds installations of Entra Connect that Microsoft stops, or has stopped.
var SYN005 = &audit.Rule{
	ID: "SYN-005", Category: "syn", Severity: audit.Critical,
	Title: "Entra Connect version past its deadline",
	Why: "Microsoft has announced that all synchronisation services of Microsoft Entra Connect Sync below version 2.5.79.0 stop on 2026-09-30. From then on nothing that is changed in " +
		"Active Directory arrives in the tenant: no new people, no new passwords, no moves.",
	Fix: "Download the current version in the Microsoft Entra admin center (Entra Connect, Get started: it is offered nowhere else), and install it over the old one, on the staging server " +
		"first. It wants .NET Framework 4.7.2 and TLS 1.2; Windows Server 2025 was not supported when this was written. Then look at Get-ADSyncScheduler and run Start-ADSyncSyncCycle " +
		"-PolicyType Delta.",
	Guards: "The version has to be brought along; without it look at SYN-002, of which an old version is a usual cause. High before the date. Organisations that use Entra Cloud Sync alone " +
		"have no such server, and tenants without directory synchronisation are left to SYN-001.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect: prerequisites"}, {Title: "Microsoft Entra Connect: version release history"}},
	Message: "Entra Connect {version} on {server}: synchronisation below version {needed} {stops} on {date}",
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled"}},
		{Dataset: evidence.ConnectInstallation, Attributes: []string{"Version"}},
		{Dataset: evidence.ConnectInstallation, Attributes: []string{"Server"}, Optional: true},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if !slices.ContainsFunc(slices.Collect(p.Evidence.Organizations()), func(o evidence.Organization) bool { return o.SyncEnabled() == evidence.True }) {
			return audit.Because("noSync")
		}
		for e := range p.Evidence.Exports(evidence.ConnectInstallation) {
			if versionOf(e) != nil {
				return audit.Reason{}
			}
		}
		return audit.Because("noConnect")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for e := range p.Evidence.Exports(evidence.ConnectInstallation) {
			v := versionOf(e)
			if v == nil || slices.Compare(v, connectVersion()) >= 0 {
				continue
			}
			if idle(p, e.Source()) {
				continue
			}
			server := strings.ToLower(e.Text("Server"))
			if server == "" {
				server = "unknown"
			}
			f := audit.Finding{
				Subject: audit.ServerSubject(server, e.Source()), Value: e.Text("Version"),
				Args: []audit.Arg{
					audit.Str("version", e.Text("Version")), audit.Str("server", server), audit.Str("needed", dotted(connectVersion())), audit.Str("stops", "stopped"),
					audit.Str("date", connectDeadline().Format(time.DateOnly)),
				},
				Evidence: []audit.Fact{{Name: "Version", Values: []string{e.Text("Version")}}},
			}
			if p.Now().Before(connectDeadline()) {
				f.Severity, f.Args[3] = audit.High, audit.Str("stops", "stops")
			}
			p.Report(f)
		}
	}),
}

// idle says that no tenant is synchronised by an installation that was brought along of a tenant or of a forest.
func idle(p *audit.Pass, source string) bool {
	known, synced := false, false
	forest := p.ForestOf(source)
	for o := range p.Evidence.Organizations() {
		if of, ok := p.TenantOf(source); ok && of == o || forest != "" && slices.Contains(p.ForestsOf(o), forest) {
			known, synced = true, synced || o.SyncEnabled() == evidence.True
		}
	}
	return known && !synced
}

// connectVersion is the first version that goes on after the deadline.
func connectVersion() []int { return []int{2, 5, 79, 0} }

func connectDeadline() time.Time { return time.Date(2026, time.September, 30, 0, 0, 0, 0, time.UTC) }

// versionOf reads a version of up to four numbers; nil when it is none.
func versionOf(e evidence.Export) []int {
	parts := strings.Split(strings.TrimSpace(e.Text("Version")), ".")
	if len(parts) < 2 || len(parts) > 4 {
		return nil
	}
	v := make([]int, 4)
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil
		}
		v[i] = n
	}
	return v
}

func dotted(v []int) string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}
