package audit

import "hybridaudit/sources/evidence"

// DNSFacts shows what the DNS servers of each role answered to questions for a record, one line for each server.
func (p *Pass) DNSFacts(name, kind string) []Fact {
	answers := p.Records().Answers(name, kind)
	var facts []Fact
	for _, role := range []string{evidence.ResolverAuthoritative, evidence.ResolverPublic, evidence.ResolverInternal} {
		if lines := answers[role]; len(lines) > 0 {
			facts = append(facts, Fact{Name: "dns." + role, Values: lines})
		}
	}
	return facts
}
