package dq

import (
	"slices"

	"hybridaudit/audit"
)

// DQ002 finds attributes that were asked for where they are not kept.
var DQ002 = &audit.Rule{
	ID: "DQ-002", Category: "dq", Severity: audit.Medium,
	Title: "Attribute read from a place that does not hold it",
	Why: "A global catalog holds a part of the attributes only, and the rest looks empty in it. Rules that need one of those are reported as not assessed, since their " +
		"findings would be false.",
	Fix: "Have a domain controller of each domain read (port 636 or 389 instead of 3269 or 3268): name one in the configuration, or let the audit find one by DNS and open " +
		"the way to it. Then audit again.",
	Guards:   "Attributes that the account may not read, or that the schema does not know, are left to DQ-001.",
	Refs:     []audit.Ref{{Title: "Active Directory schema: isMemberOfPartialAttributeSet", URL: "https://learn.microsoft.com/windows/win32/adschema/a-ismemberofpartialattributeset"}},
	Message:  "{dataset} came from a global catalog, which does not hold {attributes}",
	Identity: []string{"source"},
	Check: audit.Once(func(p *audit.Pass) {
		for _, c := range p.Evidence.Coverage() {
			if len(c.NotInCatalog) == 0 {
				continue
			}
			source := c.Source
			if source == "" {
				source = c.Server
			}
			p.Report(audit.Finding{
				Subject: audit.DatasetSubject(c.Dataset), Evidence: coverageFacts(c),
				Args: []audit.Arg{
					audit.Str("dataset", string(c.Dataset)), audit.Str("source", source), audit.List("attributes", slices.Sorted(slices.Values(c.NotInCatalog))),
				},
			})
		}
	}),
}
