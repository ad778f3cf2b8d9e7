package xlsx

import (
	"context"

	"hybridaudit/reports/document"
)

func (b *book) people(ctx context.Context) error {
	l := layout{
		key: "people", table: "People", tab: slate, print: 12, lines: 6, nothing: b.d.Summary.Sentence,
		columns: []column{
			{key: "verdict", width: 14, kind: badge},
			{key: "worst", width: 11, kind: badge},
			{key: "open", width: 10, kind: count},
			{key: "name", width: 26, wrap: true},
			{key: "upn", width: 32, wrap: true},
			{key: "sip", width: 32, wrap: true},
			{key: "department", width: 22, wrap: true},
			{key: "home", width: 13},
			{key: "sipEnabled", width: 10},
			{key: "adAccount", width: 11},
			{key: "tenantAccount", width: 15},
			{key: "teams", width: 10},
			{key: "pool", width: 24},
			{key: "licences", width: 34},
			{key: "match", width: 18},
			{key: "forest", width: 18},
			{key: "ou", width: 40},
			{key: "lastLogon", width: 17, kind: moment},
			{key: "lastSync", width: 17, kind: moment},
			{key: "objectId", width: 38},
		},
	}
	return rows(ctx, b, l, b.d.People(), func(s *dataSheet, p document.Person) {
		s.badge(0, b.d.Say("verdict."+p.Verdict.String()), verdictTone(p.Verdict))
		if p.Worst > 0 {
			s.badge(1, b.d.Say("severity."+p.Worst.String()), severityTone(p.Worst))
		}
		s.number(2, p.Open)
		s.text(3, clean(p.Name))
		s.text(4, clean(p.UPN))
		s.text(5, clean(p.SIP))
		s.text(6, clean(p.Department))
		if p.ADAccount != document.Absent {
			s.text(7, b.d.Say("home."+p.Home.String()))
		}
		s.text(8, b.answer(p.SIPEnabled))
		s.text(9, b.answer(p.ADAccount))
		s.text(10, b.answer(p.Tenant))
		s.text(11, clean(p.Teams))
		s.text(12, clean(p.Pool))
		s.text(13, join(p.Licences, ", "))
		s.text(14, b.d.Say("match."+p.Match.String()))
		s.text(15, clean(p.Forest))
		s.text(16, clean(p.OU))
		s.when(17, p.LastLogon)
		s.when(18, p.LastSync)
		s.text(19, p.Key)
	})
}

func (b *book) rules(ctx context.Context) error {
	l := layout{
		key: "rules", table: "Rules", tab: slate, print: 8, nothing: "–",
		columns: []column{
			{key: "rule", width: 10},
			{key: "title", width: 28, wrap: true},
			{key: "severity", width: 11, kind: badge},
			{key: "result", width: 15, kind: badge},
			{key: "findings", width: 11, kind: count},
			{key: "reason", width: 28, wrap: true},
			{key: "why", width: 40, wrap: true},
			{key: "fix", width: 54, wrap: true},
			{key: "guards", width: 46, wrap: true},
			{key: "references", width: 46, wrap: true},
			{key: "category", width: 18},
			{key: "checked", width: 11, kind: count},
		},
	}
	return rows(ctx, b, l, inOrder(b.d.Rules), func(s *dataSheet, r document.Rule) {
		s.text(0, r.ID)
		s.text(1, clean(r.Title))
		s.badge(2, b.d.Say("severity."+r.Severity.String()), severityTone(r.Severity))
		s.badge(3, b.d.Say("status."+r.Status.String()), statusTone(r.Status))
		s.number(4, r.Hits)
		s.text(5, reasons(r))
		s.text(6, clean(r.Why))
		s.text(7, clean(r.Fix))
		s.text(8, clean(r.Guards))
		s.text(9, references(r.Refs))
		s.text(10, b.d.Category(r.Category))
		s.number(11, r.Checked)
	})
}

// inOrder hands out the rules with findings first, then those that were not judged, then the others; else in their own order.
func inOrder(rules []document.Rule) func(func(document.Rule) bool) {
	order := []document.Status{document.Failed, document.Broken, document.NotAssessed, document.Passed, document.NotApplicable}
	return func(yield func(document.Rule) bool) {
		for _, status := range order {
			for _, r := range rules {
				if r.Status == status && !yield(r) {
					return
				}
			}
		}
	}
}

// reasons says why the rule was not judged, and which of its variants were not, a line each.
func reasons(r document.Rule) string {
	lines := make([]string, 0, len(r.Missing)+1)
	if r.Reason != "" {
		lines = append(lines, r.Reason)
	}
	for _, m := range r.Missing {
		lines = append(lines, m.Code+": "+m.Reason)
	}
	return join(lines, "\n")
}

func references(refs []document.Ref) string {
	lines := make([]string, len(refs))
	for i, r := range refs {
		lines[i] = r.Title
		if r.URL != "" {
			lines[i] += " " + r.URL
		}
	}
	return join(lines, "\n")
}
