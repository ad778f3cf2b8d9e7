package svc

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SVC001 finds services of Microsoft that are in trouble.
var SVC001 = &audit.Rule{
	ID: "SVC-001", Category: "svc", Severity: audit.Critical,
	Title: "Microsoft reports an incident",
	Why: "While a service is in trouble at Microsoft, people of the whole organisation may be unable to sign in, to meet or to call, and nothing that is changed on one's own side helps. " +
		"Tests and moves of that day say nothing.",
	Fix: "Read the issue in the Microsoft 365 admin center (Health, Service health) and look whether your people are among those concerned. Put off moves and changes until it is " +
		"over, tell the service desk, and subscribe to its updates. Then audit again.",
	Guards: "Judged are Microsoft Teams, Skype for Business, Microsoft Entra (identity) and Exchange Online, by id or by name. Advisories are medium. A service in trouble " +
		"of which no issue is listed is medium too, unless it is interrupted.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: serviceHealth resource type"}, {Title: "How to check Microsoft 365 service health"}},
	Message:  "{service}: {title} ({issue}, {classification} since {since})",
	Identity: []string{"issue", "tenant"},
	Variants: []audit.Variant{{Code: "S", Severity: audit.Medium, Message: "{service} {serviceStatus}, and no issue is listed for it"}},
	Needs: []audit.Need{
		{Dataset: evidence.TenantHealth, Attributes: []string{"id", "service", "status"}},
		{Dataset: evidence.TenantIssues, Attributes: []string{"id", "service", "classification", "isResolved"}},
		{Dataset: evidence.TenantIssues, Attributes: []string{"title", "status", "featureGroup", "startDateTime", "lastModifiedDateTime", "impactDescription"}, Optional: true},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}, Optional: true},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		for h := range p.Evidence.Health() {
			if serviceID(h.ID(), h.Service()) != "" {
				return audit.Reason{}
			}
		}
		return audit.Because("noServices")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for h := range p.Evidence.Health() {
			if serviceID(h.ID(), h.Service()) != "" && !well(h.Status()) {
				trouble(p, h)
			}
		}
	}),
}

// trouble reports a service by its open issues, or by itself when there is none.
func trouble(p *audit.Pass, h evidence.ServiceHealth) {
	tenant := tenantKey(p, h.Tenant())
	finding := audit.Finding{Subject: audit.ServiceSubject(h.ID(), h.Service(), h.Tenant()), Value: h.Status()}
	open := false
	for i := range p.Evidence.Issues() {
		if !concerns(i, h) || i.Resolved() || well(i.Status()) {
			continue
		}
		open = true
		f := finding
		if strings.EqualFold(i.Classification(), "advisory") {
			f.Severity = audit.Medium
		}
		f.Args = []audit.Arg{
			audit.Str("service", h.Service()), audit.Str("title", i.Title()), audit.Str("issue", i.ID()), audit.Str("classification", i.Classification()),
			since(i), audit.Str("tenant", tenant),
		}
		f.Evidence = append([]audit.Fact{{Name: "serviceStatus", Values: []string{h.Status()}}}, issueFacts(i)...)
		p.Report(f)
	}
	if open || strings.EqualFold(h.Status(), "unknownFutureValue") {
		return
	}
	finding.Variant = "S"
	if strings.EqualFold(h.Status(), "serviceInterruption") {
		finding.Severity = audit.Critical
	}
	finding.Args = []audit.Arg{audit.Str("service", h.Service()), audit.Str("serviceStatus", h.Status()), audit.Str("issue", ""), audit.Str("tenant", tenant)}
	finding.Evidence = []audit.Fact{{Name: "serviceStatus", Values: []string{h.Status()}}}
	p.Report(finding)
}

func since(i evidence.Issue) audit.Arg {
	if i.Started().IsZero() {
		return audit.Str("since", "unknown")
	}
	return audit.At("since", i.Started())
}
