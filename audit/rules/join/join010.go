package join

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// JOIN010 shows the errors that a service reported while it made an account.
var JOIN010 = &audit.Rule{
	ID: "JOIN-010", Category: "join", Severity: audit.High,
	Title: "Service provisioning error on the account",
	Why: "The licence looks right, but the service could not make the account: Teams or telephony never appears for the person, and nothing in the admin centre says why at first " +
		"sight.",
	Fix: "Read the description in the finding: it mostly names an attribute and what is wrong with it. Correct that attribute where it is mastered (in AD for synchronised people), " +
		"and run Start-ADSyncSyncCycle -PolicyType Delta. If the error stays for a day, or names no attribute, take the plan away and assign it again once.",
	Guards: "Errors that the service counts as resolved, and those younger than 24 hours, which often settle by themselves, are left out. Errors of other services than Teams and Skype for " +
		"Business are medium. Guests are not judged. Of several errors of one service the latest is shown.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: serviceProvisioningError", URL: "https://learn.microsoft.com/graph/api/resources/serviceprovisioningerror"}, {Title: "KB 3063407"},
	},
	Message:  "{service} could not provision the account: {description}",
	Identity: []string{"service"},
	Needs:    needs(nil, []string{"serviceProvisioningErrors"}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		for _, e := range openErrors(p, u) {
			f := audit.Finding{Subject: audit.TenantSubject(u), Evidence: audit.TenantFacts("", u, "userPrincipalName")}
			if o, _ := p.Pairs().AD(u); !o.IsZero() {
				f = pair(o, u, []string{"userPrincipalName", "proxyAddresses", "whenChanged"}, []string{"userPrincipalName", "proxyAddresses"})
			}
			if !communications(e.Instance) {
				f.Severity = audit.Medium
			}
			plain, description := decoded(e.Detail)
			if description == "" {
				description = "none"
			}
			f.Args = []audit.Arg{audit.Str("service", e.Instance), audit.Str("description", description)}
			if len(plain) > 0 {
				f.Evidence = append(f.Evidence, audit.Fact{Name: "errorDetail", Values: plain})
			}
			if !e.Created.IsZero() {
				f.Evidence = append(f.Evidence, audit.Fact{Name: "createdDateTime", Values: []string{e.Created.Format(time.RFC3339)}})
			}
			p.Report(f)
		}
	}),
}

// openErrors lists the errors of a user that are neither resolved nor young, the latest of each service instance, by its name.
func openErrors(p *audit.Pass, u evidence.TenantUser) []evidence.ServiceError {
	var all []evidence.ServiceError
	for e := range u.ServiceErrors() {
		if e.Resolved == evidence.True || p.Now().Sub(e.Created) < provisioning {
			continue
		}
		i := slices.IndexFunc(all, func(a evidence.ServiceError) bool { return a.Instance == e.Instance })
		switch {
		case i < 0:
			all = append(all, e)
		case e.Created.After(all[i].Created), e.Created.Equal(all[i].Created) && e.Detail < all[i].Detail:
			all[i] = e
		}
	}
	if len(all) == 0 || p.TenantClass(u) == scope.Guest {
		return nil
	}
	slices.SortFunc(all, func(a, b evidence.ServiceError) int { return strings.Compare(a.Instance, b.Instance) })
	return all
}

// communications says that an instance is one of Skype for Business Online or Teams.
func communications(instance string) bool {
	name, _, _ := strings.Cut(instance, "/")
	return strings.EqualFold(name, "MicrosoftCommunicationsOnline") || strings.EqualFold(name, "TeamspaceAPI")
}
