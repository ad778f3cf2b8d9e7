package voi

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
)

// voi003Params are the parameters of VOI-003.
type voi003Params struct {
	// DirectRouting says that numbers are, or will be, connected to Teams by Direct Routing.
	DirectRouting bool `yaml:"directRouting"`
}

// shownHolders is how many of those who share a main number a finding shows.
const shownHolders = 20

// VOI003 finds numbers that stand beside the same number with an extension.
var VOI003 = &audit.Rule{
	ID: "VOI-003", Category: "voi", Severity: audit.High,
	Title: "Base number and extension form clash",
	Why: "For the server a number and the same number with an extension are two numbers. The tenant does not assign both: whoever comes second in the migration gets no " +
		"number.",
	Fix: "Give everybody who shares the main number the form with ;ext=, or move the main number to a resource account (auto attendant) before the people follow.",
	Guards: "One finding for each object that holds the number without extension, however many hold it with one. An extension that is not the end of the number is reported " +
		"only when nobody else has the same main number, since it cannot be the end of a shared one. Numbers that are written in another form than tel:+ and digits are left to " +
		"VOI-001, and count for others. Without Direct Routing (parameter directRouting) the clash is low.",
	Refs:     []audit.Ref{{Title: "Set-CsUser (LineURI)"}, {Title: "Plan for Direct Routing"}},
	Identity: []string{"number"},
	Variants: []audit.Variant{
		{Code: "B", Message: "{number} has no extension here, and others have it with one ({count}): {others}"},
		// That nobody else has the main number is known only when all were read.
		{Code: "T", Severity: audit.Low, Message: "the extension of {number} is not the end of the number", Needs: audit.Whole([]audit.Need{
			{Dataset: evidence.ADUsers, Attributes: numberAttributes}, {Dataset: evidence.ADContacts, Attributes: numberAttributes},
		})},
	},
	Needs:   holderNeeds(append(owners.PersonAttributes(), "msRTCSIP-Line", "msRTCSIP-PrivateLine")...),
	Params:  func() any { return &voi003Params{DirectRouting: true} },
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		if !inUse(p, o) {
			return
		}
		index := p.Owners(owners.MainNumber)
		said := ""
		for _, l := range lines(o) {
			n, problem := phone.Parse(l.value)
			if problem != phone.OK || n.String() == said {
				continue
			}
			said = n.String()
			switch shared := index.Shared(n.Digits); {
			case n.Ext == "" && shared:
				clash(p, o, l, n)
			case n.Ext != "" && !shared && !strings.HasSuffix(n.Digits, n.Ext):
				f := about(o, l.attribute, l.value)
				f.Variant, f.Args = "T", []audit.Arg{audit.Str("number", n.String())}
				p.Report(f)
			}
		}
	}),
}

// clash reports the holder of a number without extension when others hold it with one.
func clash(p *audit.Pass, o evidence.ADObject, l line, n phone.Number) {
	var others []evidence.ADObject
	for _, h := range owners.Others(o, p.Owners(owners.MainNumber).Holders(n.Digits)) {
		if slices.ContainsFunc(extensions(h, n.Digits), func(ext string) bool { return ext != "" }) {
			others = append(others, h)
		}
	}
	if len(others) == 0 {
		return
	}
	shown := others[:min(len(others), shownHolders)]
	f := about(o, l.attribute, l.value)
	f.Variant = "B"
	if !audit.Params[voi003Params](p).DirectRouting {
		f.Severity = audit.Low
	}
	f.Args = []audit.Arg{audit.Str("number", n.String()), audit.Num("count", len(others)), audit.List("others", audit.Names(o, shown))}
	for _, h := range shown {
		f.Related = append(f.Related, audit.ADSubject(h))
		f.Evidence = append(f.Evidence, audit.ADFacts(h.GUID().String(), h, "msRTCSIP-Line", "msRTCSIP-PrivateLine")...)
	}
	p.Report(f)
}

// extensions lists the extensions with which an object holds a main number, "" for none.
func extensions(o evidence.ADObject, digits string) []string {
	var list []string
	for _, l := range lines(o) {
		if n, _ := phone.Parse(l.value); n.Digits == digits {
			list = append(list, n.Ext)
		}
	}
	return list
}
