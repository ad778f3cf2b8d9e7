// Package dq holds the rules about the quality of the audit's own data.
package dq

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// fewUsers is how many users without userAccountControl may be chance.
const fewUsers = 20

// DQ001 finds data that were asked for and not read.
var DQ001 = &audit.Rule{
	ID: "DQ-001", Category: "dq", Severity: audit.High,
	Title: "Collection incomplete",
	Why: "What was not read cannot be judged: missing findings would look like success. Rules that need the data are reported as not assessed, and comparisons with " +
		"earlier audits do not hold.",
	Fix: "Read the reason. Access denied: give the account read access to the attributes (msRTCSIP-*, userAccountControl) and to the configuration partition, and the " +
		"application the Graph permission that the evidence names. Limits and broken connections: look at the server's limits and at the network. Then audit again.",
	Guards: "Data that were left out of this run on purpose, and attributes that the directory's schema does not know, are no finding. Optional data are low. Attributes " +
		"that a global catalog does not hold are left to DQ-002, and columns that files of PowerShell output lack to DQ-003.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph permissions reference"}},
	Message:  "{dataset}: {lack} ({detail})",
	Identity: []string{"source", "attribute"},
	Check: audit.Once(func(p *audit.Pass) {
		unread(p)
		unreadable(p)
	}),
}

// unread reports what the collectors themselves say.
func unread(p *audit.Pass) {
	for _, c := range p.Evidence.Coverage() {
		lack, detail := lackOf(c)
		if lack == "" {
			continue
		}
		f := audit.Finding{
			Subject: audit.DatasetSubject(c.Dataset),
			Args: []audit.Arg{
				audit.Str("dataset", string(c.Dataset)), audit.Str("lack", lack), audit.List("detail", detail), audit.Str("source", c.Source),
				audit.Str("attribute", ""),
			},
			Evidence: coverageFacts(c),
		}
		if c.Optional {
			f.Severity = audit.Low
		}
		p.Report(f)
	}
}

// lackOf says what is wrong with a coverage, "" when nothing is.
func lackOf(c evidence.Coverage) (lack string, detail []string) {
	switch {
	case c.State == evidence.Failed || c.State == evidence.Partial:
		if c.Reason != "" {
			return c.State.String(), []string{c.Reason}
		}
		return c.State.String(), []string{rows(c)}
	case c.State == evidence.Complete && !c.Dataset.Export():
		if refused := refusedAttributes(c); len(refused) > 0 {
			return "attributes", refused
		}
	}
	return "", nil
}

// refusedAttributes are those that are missing for another reason than that a global catalog was read.
func refusedAttributes(c evidence.Coverage) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(c.Missing)), func(name string) bool { return slices.Contains(c.NotInCatalog, name) })
}

func rows(c evidence.Coverage) string {
	if c.Expected < 0 {
		return strconv.Itoa(c.Rows)
	}
	return strconv.Itoa(c.Rows) + "/" + strconv.Itoa(c.Expected)
}

func coverageFacts(c evidence.Coverage) []audit.Fact {
	facts := []audit.Fact{{Name: "state", Values: []string{c.State.String()}}, {Name: "rows", Values: []string{rows(c)}}}
	for _, f := range []audit.Fact{
		{Name: "source", Values: []string{c.Source}}, {Name: "server", Values: []string{c.Server}}, {Name: "reason", Values: []string{c.Reason}},
		{Name: "permission", Values: []string{c.Permission}}, {Name: "missing", Values: slices.Sorted(slices.Values(c.Missing))},
	} {
		if strings.Join(f.Values, "") != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// unreadable reports forests that gave userAccountControl of no user at all: a directory leaves out what the account may not read, without an error.
func unreadable(p *audit.Pass) {
	type count struct{ users, without int }
	forests := map[string]*count{}
	for o := range p.Evidence.ADObjects(evidence.ADUsers) {
		n := forests[o.Forest()]
		if n == nil {
			n = &count{}
			forests[o.Forest()] = n
		}
		n.users++
		if o.UserAccountControl() == 0 && o.Attribute("userAccountControl") == nil {
			n.without++
		}
	}
	for forest, n := range forests {
		if n.users < fewUsers || n.without < n.users || knownMissing(p, forest) {
			continue
		}
		p.Report(audit.Finding{
			Subject: audit.DatasetSubject(evidence.ADUsers), Attribute: "userAccountControl",
			Args: []audit.Arg{
				audit.Str("dataset", string(evidence.ADUsers)), audit.Str("lack", "rights"), audit.List("detail", []string{forest}), audit.Str("source", forest),
				audit.Str("attribute", "userAccountControl"),
			},
			Evidence: []audit.Fact{{Name: "users", Values: []string{strconv.Itoa(n.users)}}},
		})
	}
}

// knownMissing says that the collector did not read the attribute and knows it.
func knownMissing(p *audit.Pass, forest string) bool {
	for _, c := range p.Evidence.Of(evidence.ADUsers) {
		if (c.Source == forest || c.Source == "") && c.Lacks("userAccountControl") {
			return true
		}
	}
	return false
}
