package jsonfile

import (
	"cmp"
	"slices"

	"hybridaudit/reports/document"
)

func appendFinding(line []byte, f document.Finding) []byte {
	o := object(line).str("ruleId", f.Rule.ID).str("variant", f.Variant).str("severity", f.Severity.String()).str("state", "open")
	o = appendSubject(o.key("subject"), f.Subject)
	o = append(o.key("related"), '[')
	for i, s := range f.Related {
		if i > 0 {
			o = append(o, ',')
		}
		o = appendSubject(o, s)
	}
	o = append(o, ']')
	o = o.str("attribute", f.Attribute).str("value", f.Value)
	o = append(o.key("arguments"), '{')
	for i, a := range f.Args {
		if i > 0 {
			o = append(o, ',')
		}
		o = append(appendString(o, a.Name), ':')
		o = appendValue(o, a.Value)
	}
	o = append(o, '}')
	o = o.str("message", f.Message())
	o = appendEvidence(o.key("evidence"), f.Evidence)
	return o.str("remediation", f.Remedy()).str("fingerprint", f.Fingerprint()).str("category", f.Rule.Category).end()
}

func appendSubject(o object, s document.Subject) object {
	o = append(o, '{')
	for i, m := range [...]struct{ name, value string }{
		{"kind", s.Kind}, {"key", s.Key}, {"name", s.Name}, {"dn", s.DN}, {"upn", s.UPN}, {"source", s.Source}, {"department", s.Department},
	} {
		if i > 0 {
			o = append(o, ',')
		}
		o = append(appendString(o, m.name), ':')
		o = appendString(o, m.value)
	}
	return append(o, '}')
}

// appendEvidence writes the subject's attributes, and those of related objects under "of" and the object's key. Facts about one attribute that stand apart
// are brought together, since a JSON object names a member once. A conflict among thousands of objects has many thousand facts: they are sorted, not sought.
func appendEvidence(o object, facts []document.Fact) object {
	facts = slices.Clone(facts)
	slices.SortStableFunc(facts, func(a, b document.Fact) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Name, b.Name)) })
	own := 0
	for own < len(facts) && facts[own].Of == "" {
		own++
	}
	o = appendFacts(append(o, '{'), facts[:own])
	if own < len(facts) {
		if own > 0 {
			o = append(o, ',')
		}
		o = appendOthers(append(o, `"of":{`...), facts[own:])
		o = append(o, '}')
	}
	return append(o, '}')
}

// appendOthers writes a member for each related object.
func appendOthers(o object, facts []document.Fact) object {
	for from := 0; from < len(facts); {
		to := from
		for to < len(facts) && facts[to].Of == facts[from].Of {
			to++
		}
		if from > 0 {
			o = append(o, ',')
		}
		o = append(appendString(o, facts[from].Of), ':', '{')
		o = append(appendFacts(o, facts[from:to]), '}')
		from = to
	}
	return o
}

// appendFacts writes the facts of one object, which are in the order of their names.
func appendFacts(o object, facts []document.Fact) object {
	for from := 0; from < len(facts); {
		values := facts[from].Values
		to := from + 1
		for ; to < len(facts) && facts[to].Name == facts[from].Name; to++ {
			values = slices.Concat(values, facts[to].Values)
		}
		if from > 0 {
			o = append(o, ',')
		}
		o = append(appendString(o, facts[from].Name), ':')
		o = appendList(o, values)
		from = to
	}
	return o
}
