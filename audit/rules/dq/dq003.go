package dq

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// DQ003Params say how far the number of rows may be from what Graph counts: by less than Rows, or by no more than a share of them.
type DQ003Params struct {
	Share float64 `yaml:"share"`
	Rows  int     `yaml:"rows"`
}

// DQ003 finds files that do not show what is there now.
var DQ003 = &audit.Rule{
	ID: "DQ-003", Category: "dq", Severity: audit.Medium,
	Title: "Imported PowerShell data old or incomplete",
	Why: "What rules conclude from such a file is what was there when it was made, or what happened to be in it. A person who was put right since is still reported, and one who came later " +
		"is not.",
	Fix: "Run the command again that made the file (docs/imports.md has one line for each), in a session that is signed in to the right tenant and with rights to read everybody, and " +
		"audit with the new file. Columns that are missing come with a newer version of the module.",
	Guards: "How old a file may be is set in the configuration (24 hours unless changed). The rows of Get-CsOnlineUser are compared by the accounts of people, those of " +
		"Get-CsPhoneNumberAssignment as they are; rows are not compared when Graph was not read completely. Fewer than five rows more or less (parameter rows), or no more than a twentieth (parameter " +
		"share), are people who came and went since.",
	Refs:     []audit.Ref{{Title: "Get-CsOnlineUser"}, {Title: "Get-CsPhoneNumberAssignment"}},
	Message:  "{dataset}: {importFault} ({detail})",
	Identity: []string{"source", "importFault"},
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}, Optional: true},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
		{Dataset: evidence.TenantNumbers, Attributes: []string{"telephoneNumber"}, Optional: true},
		{Dataset: evidence.TeamsOnlineUsers, Attributes: []string{"TenantId", "AccountType", "SoftDeletionTimestamp"}, Optional: true},
	},
	Params: func() any { return &DQ003Params{Share: 0.05, Rows: 5} },
	Applies: func(p *audit.Pass) audit.Reason {
		if slices.ContainsFunc(p.Evidence.Coverage(), fromFile) {
			return audit.Reason{}
		}
		return audit.Because("noImports")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for _, c := range p.Evidence.Coverage() {
			if fromFile(c) {
				judgeFile(p, c)
			}
		}
	}),
}

// fromFile says that a dataset was read from files that somebody brought along.
func fromFile(c evidence.Coverage) bool {
	return c.State != evidence.NotRequested && (c.Dataset.Export() || c.Stale)
}

func judgeFile(p *audit.Pass, c evidence.Coverage) {
	report := func(fault string, detail ...string) {
		f := audit.Finding{
			Subject: audit.DatasetSubject(c.Dataset),
			Args: []audit.Arg{
				audit.Str("dataset", string(c.Dataset)), audit.Str("importFault", fault), audit.List("detail", detail), audit.Str("source", c.Source),
			},
			Evidence: []audit.Fact{{Name: "rows", Values: []string{strconv.Itoa(c.Rows)}}},
		}
		f.Subject.Source = c.Source
		for _, e := range []audit.Fact{{Name: "files", Values: c.Files}, {Name: "source", Values: []string{c.Source}}, {Name: "notes", Values: c.Notes}, {Name: "missing", Values: slices.Sorted(slices.Values(c.Missing))}} {
			if strings.Join(e.Values, "") != "" {
				f.Evidence = append(f.Evidence, e)
			}
		}
		p.Report(f)
	}
	if c.Stale {
		report("stale", c.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if !c.Dataset.Export() {
		return
	}
	if len(c.Missing) > 0 {
		report("columns", slices.Sorted(slices.Values(c.Missing))...)
	}
	if others := otherTenants(p, c); len(others) > 0 {
		report("otherTenant", others...)
		return // its rows are those of somebody else
	}
	limits := audit.Params[DQ003Params](p)
	rows, counted, ok := counts(p, c)
	if more := max(rows-counted, counted-rows); ok && more >= limits.Rows && float64(more) > limits.Share*float64(counted) {
		report("count", strconv.Itoa(rows)+" / "+strconv.Itoa(counted))
	}
}

// otherTenants lists the ids of tenants that a file names and that were not read, or are not the one that the file is said to be of.
func otherTenants(p *audit.Pass, c evidence.Coverage) []string {
	o, ok := p.TenantOf(c.Source)
	if c.Dataset != evidence.TeamsOnlineUsers || !ok {
		return nil
	}
	var others []string
	seen := map[directory.GUID]bool{o.ID(): true, {}: true}
	for _, e := range p.ExportsOf(c.Dataset, o) {
		if id := e.GUID("TenantId"); !seen[id] {
			seen[id] = true
			others = append(others, id.String())
		}
	}
	slices.Sort(others)
	return others
}

// counts gives the rows of a file that Graph counts too, and what it counts; ok is false when they cannot be compared.
func counts(p *audit.Pass, c evidence.Coverage) (rows, counted int, ok bool) {
	o, ok := p.TenantOf(c.Source)
	if !ok || c.State != evidence.Complete {
		return 0, 0, false
	}
	switch c.Dataset {
	case evidence.TeamsOnlineUsers:
		if c.Lacks("AccountType") || p.Evidence.State(evidence.TenantTeamsUsers) != evidence.Complete {
			return 0, 0, false
		}
		for _, e := range p.ExportsOf(c.Dataset, o) {
			if ofPerson(e.Text("AccountType")) && e.Time("SoftDeletionTimestamp").IsZero() {
				rows++
			}
		}
		for t := range p.Evidence.TeamsUsers() {
			if t.Tenant() == o.Tenant() && ofPerson(t.AccountType()) {
				counted++
			}
		}
	case evidence.TeamsNumbers:
		if p.Evidence.State(evidence.TenantNumbers) != evidence.Complete {
			return 0, 0, false
		}
		rows = len(p.ExportsOf(c.Dataset, o))
		for n := range p.Evidence.NumberAssignments() {
			if n.Tenant() == o.Tenant() {
				counted++
			}
		}
	default:
		return 0, 0, false
	}
	return rows, counted, true
}

// ofPerson says that an account is a person's, on-premises or online. Resource accounts and guests are not listed everywhere.
func ofPerson(accountType string) bool {
	return strings.EqualFold(accountType, "user") || strings.EqualFold(accountType, "sfbOnPremUser")
}
