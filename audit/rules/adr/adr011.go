package adr

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Limits of names, in UTF-16 units. Microsoft's page allows one character more of displayName and givenName than the checking tool does; a directory does not hold more
// than that, so the tool's are the ones that can be exceeded.
const (
	longestAccount = 20
	longestShown   = 255
	longestGiven   = 63
)

// ADR011 finds names that do not fit.
var ADR011 = &audit.Rule{
	ID: "ADR-011", Category: "adr", Severity: audit.Low,
	Title: "sAMAccountName, displayName or name fields outside limits",
	Why:   "Synchronisation cuts or refuses the value, or the object shows under a blank or unexpected name in the address book and in Teams.",
	Fix:   "Correct the value by Set-ADUser, Set-ADGroup or Set-ADObject -Replace, and let directory synchronisation run.",
	Guards: "Contacts, groups, and users that are in the tenant or expected there are judged; sAMAccountName of users only. With a valid userPrincipalName an unusual " +
		"sAMAccountName is harmless, and so information. An absent displayName or givenName is no fault.",
	Refs: []audit.Ref{{Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"}},
	Variants: []audit.Variant{
		{Code: "D", Message: "displayName is blank or has more than 255 characters: {length}"},
		{Code: "G", Message: "givenName has more than 63 characters: {length}"},
		{Code: "S", Message: "sAMAccountName {value} has more than 20 characters, or one of [ \\ \" | , / : < > + = ; ? *"},
	},
	Needs: slices.Concat(audit.OfADObjects("givenName", "userPrincipalName", "mail", "proxyAddresses"), synchronisedNeeds()),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		report := func(variant, attribute, value string, severity audit.Severity, arg audit.Arg) {
			if carried(p, o) {
				p.Report(audit.Finding{
					Variant: variant, Severity: severity, Subject: named(o), Attribute: attribute, Value: value, Args: []audit.Arg{arg},
					Evidence: audit.ADFacts("", o, "objectClass", "userPrincipalName", "sAMAccountName"),
				})
			}
		}
		length := func(s string) audit.Arg { return audit.Num("length", units(s)) }
		if v := o.DisplayName(); v != "" && strings.TrimSpace(v) == "" || longer(v, longestShown) {
			report("D", "displayName", v, 0, length(v))
		}
		if v := o.GivenName(); o.Dataset() != evidence.ADGroups && longer(v, longestGiven) {
			report("G", "givenName", v, 0, length(v))
		}
		if v := o.SAMAccountName(); o.Dataset() == evidence.ADUsers && (longer(v, longestAccount) || strings.ContainsAny(v, `[\"|,/:<>+=;?*]`)) {
			severity := audit.Low
			if !address.UPNProblem(o.UPN()).Serious() {
				severity = audit.Info
			}
			report("S", "sAMAccountName", v, severity, audit.Str("value", v))
		}
	}),
}

// longer says that a value has more UTF-16 units than the limit. Most are shorter in bytes already, of which there are never fewer than units.
func longer(s string, limit int) bool { return len(s) > limit && units(s) > limit }

// units is the length as the directory counts it.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// named is the subject of an object, by its account name when its displayName is blank.
func named(o evidence.ADObject) audit.Subject {
	s := audit.ADSubject(o)
	if strings.TrimSpace(s.Name) == "" {
		s.Name = o.SAMAccountName()
	}
	if s.Name == "" {
		s.Name = strconv.Quote(o.DisplayName())
	}
	return s
}
