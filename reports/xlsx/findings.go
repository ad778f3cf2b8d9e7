package xlsx

import (
	"context"

	"hybridaudit/reports/document"
)

func (b *book) findings(ctx context.Context) error {
	l := layout{
		key: "findings", table: "Findings", tab: severityTone(document.Critical).full, print: 7, lines: 6, nothing: b.d.Nothing(),
		columns: []column{
			{key: "severity", width: 11, kind: badge},
			{key: "rule", width: 10, kind: link},
			{key: "category", width: 15},
			{key: "name", width: 26, wrap: true},
			{key: "upn", width: 32, wrap: true},
			{key: "department", width: 22, wrap: true},
			{key: "message", width: 64, wrap: true},
			{key: "kind", width: 16},
			{key: "attribute", width: 28},
			{key: "value", width: 36},
			{key: "others", width: 36},
			{key: "evidence", width: 60},
			{key: "dn", width: 50},
			{key: "source", width: 20},
			{key: "id", width: 36},
		},
	}
	toRule := make(map[string]string, len(b.d.Rules))
	category := make(map[string]string, len(b.d.Rules))
	for _, r := range b.d.Rules {
		toRule[r.ID], category[r.ID] = b.toRule(r.ID), b.d.Category(r.Category)
	}
	severity := map[document.Severity]string{}
	for _, s := range document.Severities() {
		severity[s] = b.d.Say("severity." + s.String())
	}
	return rows(ctx, b, l, b.d.WorstFirst(), func(s *dataSheet, f document.Finding) {
		s.badge(0, severity[f.Severity], severityTone(f.Severity))
		s.cells[1].Formula, s.cells[1].Value = toRule[f.Rule.ID], f.Rule.ID
		s.text(2, category[f.Rule.ID])
		s.text(3, clean(f.Subject.Name))
		s.text(4, clean(f.Subject.UPN))
		s.text(5, clean(f.Subject.Department))
		s.text(6, clean(f.Message()))
		s.text(7, b.d.Kind(f.Subject.Kind))
		s.text(8, clean(f.Attribute))
		s.text(9, clean(f.Value))
		s.text(10, join(f.Others(), "; "))
		s.text(11, join(f.EvidenceLines(), " | "))
		s.text(12, clean(f.Subject.DN))
		s.text(13, clean(f.Subject.Source))
		s.text(14, f.Fingerprint())
	})
}
