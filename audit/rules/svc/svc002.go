package svc

import (
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SVC002Params say how long after its end an incident is told.
type SVC002Params struct {
	Within time.Duration `yaml:"within"`
}

// SVC002 tells of incidents that are over.
var SVC002 = &audit.Rule{
	ID: "SVC-002", Category: "svc", Severity: audit.Info,
	Title: "An incident ended within the last 48 h",
	Why: "After an outage clients keep what they learnt during it: they may show \"There was a problem verifying the certificate from the server\" although all is well again. It also " +
		"explains calls at the service desk.",
	Fix: "Have people who still see an error close the client, delete its sign-in information, and start it again. Compare the times of open tickets with those of the incident " +
		"before looking for another cause.",
	Guards:   "Judged are the services of SVC-001. Advisories are no outages and are left out.",
	Refs:     []audit.Ref{{Title: "KB 2604176"}, {Title: "Microsoft Graph: serviceHealthIssue resource type"}},
	Message:  "{service}: {title} ({issue}) ended {ended}",
	Identity: []string{"issue", "tenant"},
	Needs: []audit.Need{
		{Dataset: evidence.TenantIssues, Attributes: []string{"id", "service", "classification", "isResolved", "endDateTime"}},
		{Dataset: evidence.TenantIssues, Attributes: []string{"title", "status", "featureGroup", "startDateTime", "lastModifiedDateTime", "impactDescription"}, Optional: true},
		{Dataset: evidence.TenantHealth, Attributes: []string{"id", "service"}, Optional: true},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}, Optional: true},
	},
	Params: func() any { return &SVC002Params{Within: 48 * time.Hour} },
	Check: audit.Once(func(p *audit.Pass) {
		after := p.Now().Add(-audit.Params[SVC002Params](p).Within)
		for i := range p.Evidence.Issues() {
			id := serviceID("", i.Service())
			if id == "" {
				id = serviceID(i.Service(), "")
			}
			if id == "" || !i.Resolved() || !i.Ended().After(after) || strings.EqualFold(i.Classification(), "advisory") {
				continue
			}
			p.Report(audit.Finding{
				Subject: subjectOf(p, i, id), Evidence: issueFacts(i),
				Args: []audit.Arg{
					audit.Str("service", i.Service()), audit.Str("title", i.Title()), audit.Str("issue", i.ID()), audit.At("ended", i.Ended()),
					audit.Str("tenant", tenantKey(p, i.Tenant())),
				},
			})
		}
	}),
}

// subjectOf gives the service of an issue as the overview knows it.
func subjectOf(p *audit.Pass, i evidence.Issue, id string) audit.Subject {
	for h := range p.Evidence.Health() {
		if concerns(i, h) {
			return audit.ServiceSubject(h.ID(), h.Service(), h.Tenant())
		}
	}
	return audit.ServiceSubject(id, i.Service(), i.Tenant())
}
