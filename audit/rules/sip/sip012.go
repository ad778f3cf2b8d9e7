package sip

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// sip012Params are the parameters of SIP-012.
type sip012Params struct {
	// Recent is how long clients may still hold the old name.
	Recent time.Duration `yaml:"recent"`
}

// setUp is how long after the making of an account its first attributes may still be put right: that is no change to the person.
const setUp = 24 * time.Hour

// SIP012 finds people whose names were changed a short while ago.
var SIP012 = &audit.Rule{
	ID: "SIP-012", Category: "sip", Severity: audit.Info,
	Title: "SIP address or UPN changed recently",
	Why: "The client still holds sign-in data, an address book and a certificate of the old name. The person reads that there was a problem acquiring a personal certificate " +
		"required to sign in.",
	Fix: "On the computers of the person: sign out, choose \"Delete my sign-in info\" in the client, close it, delete the folder sip_<old address> below " +
		"%LocalAppData%\\Microsoft\\Office\\16.0\\Lync (15.0 for version 2013), delete the certificates issued by Communications Server from the personal store (certmgr.msc), and sign in with the new name. Teams needs a " +
		"sign-out and sign-in.",
	Guards: "Judged only when msDS-ReplAttributeMetaData was asked for, by naming this rule in the configuration: the domain controller computes it for every user, which is slow. The first value of " +
		"an attribute (version 1) and changes within a day of the making of the account are no changes to the person. Only people who are enabled for SIP are judged.",
	Refs:     []audit.Ref{{Title: "KB 2604176"}, {Title: "KB 2537764"}},
	Message:  "{attribute} was changed at {changed} (version {version})",
	Identity: []string{"attribute"},
	Needs: slices.Concat(
		audit.OfADUsers("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "userPrincipalName", "whenCreated"),
		[]audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"msDS-ReplAttributeMetaData"}, OnRequest: true, PartOK: true}},
	),
	Params:  func() any { return &sip012Params{Recent: 14 * 24 * time.Hour} },
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.SIPEnabled() != evidence.True || p.Scope().Class(o) != scope.Person {
			return
		}
		for fragment := range o.ReplicationMetaData() {
			for _, attribute := range []string{"msRTCSIP-PrimaryUserAddress", "userPrincipalName"} {
				if !strings.Contains(fragment, attribute) {
					continue // reading XML takes long, and there is a fragment for each attribute of the object
				}
				c, ok := parseChange(fragment)
				if !ok || c.attribute != attribute || c.version < 2 || p.Now().Sub(c.at) > audit.Params[sip012Params](p).Recent || c.at.Sub(o.Created()) < setUp {
					continue
				}
				f := audit.Finding{
					Subject: audit.ADSubject(o), Attribute: attribute,
					Args:     []audit.Arg{audit.Str("attribute", attribute), audit.At("changed", c.at), audit.Num("version", c.version)},
					Evidence: audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "userPrincipalName", "whenCreated"),
				}
				if v := o.Attribute(attribute); len(v) > 0 {
					f.Value = v[0]
				}
				p.Report(f)
			}
		}
	}),
}
