package hom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// leftovers are the attributes that have no business on an object that is not enabled.
var leftovers = []string{
	"msRTCSIP-PrimaryUserAddress", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "msRTCSIP-Line", "msRTCSIP-OptionFlags",
	"msRTCSIP-FederationEnabled", "msRTCSIP-InternetAccessEnabled",
}

// HOM010 finds remains of a former SIP account.
var HOM010 = &audit.Rule{
	ID: "HOM-010", Category: "hom", Severity: audit.Medium,
	Title: "Left-over msRTCSIP attributes on objects that are not enabled",
	Why: "Synchronisation carries the remains to the tenant, where they switch the account off or put it in the wrong place, and they hold addresses and numbers that " +
		"others need. Disable-CsUser is said to clear everything, but Microsoft's own procedure has a separate step for msRTCSIP-DeploymentLocator because it stays.",
	Fix: "Note the number, the SIP address and the user principal name. Clear the attributes that the finding names, for example with Set-ADUser -Clear " +
		"msRTCSIP-DeploymentLocator; clear the whole msRTCSIP-* set if no server is left. Make sure that the sip: value is in proxyAddresses afterwards if the person " +
		"uses Teams, and run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Silent for application endpoints, devices and unified messaging contacts, for objects that the configuration lists as disabled on purpose, and where " +
		"another rule names the same cause: an enabled account that was switched off for SIP with its address, and an object with an address but without msRTCSIP-UserEnabled.",
	Refs:    []audit.Ref{{Title: "Decide how to manage attributes after decommissioning (Method 2)"}},
	Message: "not enabled for SIP, but still has {attributes}",
	Variants: []audit.Variant{
		{Code: "L", Message: "not enabled for SIP, but still has the deployment locator \"{locator}\""},
	},
	Needs: slices.Concat(
		directoryNeeds(leftovers...),
		[]audit.Need{{Dataset: evidence.ADContacts, Attributes: slices.Concat(scope.Attributes(), leftovers), PartOK: true}},
	),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		if o.Dataset() == evidence.ADGroups || o.SIPEnabled() == evidence.True || p.Scope().DisabledOnPurpose(o) {
			return
		}
		left := remains(o)
		if len(left) == 0 || spokenFor(p, o) {
			return
		}
		switch p.Scope().Class(o) {
		case scope.AppEndpoint, scope.Device, scope.UMContact:
			return
		}
		f := about(p, o, left[0])
		f.Evidence = append(f.Evidence, audit.ADFacts("", o, notShown(left)...)...)
		f.Args = []audit.Arg{audit.List("attributes", left)}
		if len(left) == 1 && left[0] == "msRTCSIP-DeploymentLocator" {
			f.Variant, f.Args = "L", []audit.Arg{audit.Str("locator", o.DeploymentLocator())}
		}
		p.Report(f)
	}),
}

// remains lists which of the leftovers the object has. Asking the views costs nothing where all are absent, which is so for most objects of a directory.
func remains(o evidence.ADObject) []string {
	_, flags := o.OptionFlags()
	there := [...]bool{
		o.SIP() != "", o.DeploymentLocator() != "", o.HomeServer() != "", o.Line() != "", flags,
		o.FederationEnabled() != evidence.Absent, o.InternetAccessEnabled() != evidence.Absent,
	}
	var left []string
	for i, is := range there {
		if is {
			left = append(left, leftovers[i])
		}
	}
	return left
}

// spokenFor says that SIP-003 or SIP-004 (B) names the cause already.
func spokenFor(p *audit.Pass, o evidence.ADObject) bool {
	if strings.TrimSpace(o.SIP()) == "" {
		return false
	}
	switch o.SIPEnabled() {
	case evidence.Absent:
		return true
	case evidence.False:
		return p.Scope().Class(o) == scope.Person && !o.Disabled()
	}
	return false
}

// notShown leaves out what every finding about a home shows.
func notShown(attributes []string) []string {
	return slices.DeleteFunc(slices.Clone(attributes), func(a string) bool { return slices.Contains(homeAttributes, a) })
}
