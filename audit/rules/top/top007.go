package top

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// Values of msExchRecipientTypeDetails.
const (
	userMailbox   = 1
	linkedMailbox = 2 // its owner signs in from another forest
	remoteMailbox = 2147483648
)

// TOP007 tells what the mail side of the hybrid looks like.
var TOP007 = &audit.Rule{
	ID: "TOP-007", Category: "top", Severity: audit.Info,
	Title: "Exchange side of the hybrid",
	Why: "Meetings and calendars in Teams need the mailbox in Exchange Online, or on an Exchange 2016 server with CU3 or later that the tenant reaches with OAuth and " +
		"Autodiscover. The migration of meetings needs the mailbox to be reachable, too.",
	Fix: "Run the hybrid configuration wizard of Exchange if there is none, and move mailboxes to Exchange Online before their people move to Teams. Bring servers that hold " +
		"mailboxes up to date, or empty them.",
	Guards: "Silent without an Exchange organisation. Whether OAuth and Autodiscover work is not seen in the directory. A server is named only when people who are enabled " +
		"for SIP have their mailboxes on it (msExchHomeServerName) and its version is known to be too old.",
	Refs: []audit.Ref{{Title: "How Exchange and Microsoft Teams interact"}, {Title: "Exchange Server build numbers and release dates"}},
	Variants: []audit.Variant{
		{Code: "I", Message: "Exchange servers: {servers}, hybrid configuration: {hybrid}; mailboxes of people on-premises: {onPremises}, online: {online}"},
		{Code: "V", Severity: audit.Medium, Message: "{release} is too old for calendars in Teams; people enabled for SIP with mailboxes on it: {people}"},
	},
	Needs: []audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name"}},
		{Dataset: evidence.ADExchange, Attributes: []string{"distinguishedName", "objectClass", "cn", "serialNumber"}},
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), []string{"msExchHomeServerName"})},
		{Dataset: evidence.ADExchange, Attributes: []string{"msExchCoexistenceDomains"}, Optional: true},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if p.Evidence.Rows(evidence.ADExchange) == 0 {
			return audit.Because("noExchange")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		mail := countMail(p)
		for f := range p.Evidence.Forests() {
			servers := entriesOf(p, evidence.ADExchange, f.Name(), "msExchExchangeServer")
			hybrid := entriesOf(p, evidence.ADExchange, f.Name(), "msExchCoexistenceRelationship")
			if len(servers)+len(hybrid)+len(entriesOf(p, evidence.ADExchange, f.Name(), "msExchOrganizationContainer")) == 0 {
				continue
			}
			exchange(p, f.Name(), servers, hybrid, mail)
			for _, s := range servers {
				if people := mail.sip[f.Name()+" "+strings.ToLower(s.Name())]; people > 0 && tooOld(s.Text("serialNumber")) {
					p.Report(audit.Finding{
						Variant: "V", Subject: audit.Subject{Kind: "ad.server", Key: s.GUID().String(), Name: s.Name(), DN: s.DN(), Source: s.Forest()},
						Args:     []audit.Arg{audit.Str("release", s.Text("serialNumber")), audit.Num("people", people)},
						Evidence: []audit.Fact{{Name: "serialNumber", Values: s.Attribute("serialNumber")}},
					})
				}
			}
		}
	}),
}

// exchange reports a forest.
func exchange(p *audit.Pass, forest string, servers, hybrid []evidence.Entry, mail mailCount) {
	found := "none"
	if len(hybrid) > 0 {
		found = "present"
	}
	var versions, domains []string
	for _, s := range servers {
		versions = append(versions, strings.TrimSpace(s.Name()+" "+s.Text("serialNumber")))
	}
	for _, h := range hybrid {
		domains = append(domains, h.Attribute("msExchCoexistenceDomains")...)
	}
	p.Report(audit.Finding{
		Variant: "I", Subject: audit.ForestSubject(forest), Evidence: slices.Concat(fact("servers", versions), fact("msExchCoexistenceDomains", domains)),
		Args: []audit.Arg{
			audit.Num("servers", len(servers)), audit.Str("hybrid", found), audit.Num("onPremises", mail.onPremises[forest]), audit.Num("online", mail.online[forest]),
		},
	})
}

// mailCount counts people by the place of their mailboxes: by forest, and those enabled for SIP by forest and server.
type mailCount struct{ onPremises, online, sip map[string]int }

func countMail(p *audit.Pass) mailCount {
	c := mailCount{map[string]int{}, map[string]int{}, map[string]int{}}
	for o := range p.Evidence.ADObjects(evidence.ADUsers) {
		if c := p.Scope().Class(o); c != scope.Person && c != scope.Linked {
			continue
		}
		switch kind, _ := o.RecipientType(); kind {
		case userMailbox, linkedMailbox:
			c.onPremises[o.Forest()]++
			if o.SIPEnabled() == evidence.True {
				c.sip[o.Forest()+" "+homeServer(o)]++
			}
		case remoteMailbox:
			c.online[o.Forest()]++
		}
	}
	return c
}

// homeServer is the lower-case name of the server that holds the mailbox: the last part of a legacy DN.
func homeServer(o evidence.ADObject) string {
	var legacy string
	for _, v := range o.Attribute("msExchHomeServerName") {
		legacy = v
	}
	_, name, _ := strings.Cut(strings.ToLower(legacy), "/cn=servers/cn=")
	return name
}

// serial is how serialNumber writes a version: 30000 is added to the build of newer releases.
var serial = regexp.MustCompile(`^Version ([0-9]{1,4})\.([0-9]{1,4}) \(Build ([0-9]{1,6})`)

// Exchange 2016 CU3, the first release with which calendars in Teams work.
const (
	firstMajor, firstMinor, firstBuild = 15, 1, 544
	addedToBuild                       = 30000
)

// tooOld says that a version is older than Exchange 2016 CU3; one that cannot be read is not.
func tooOld(serialNumber string) bool {
	m := serial.FindStringSubmatch(serialNumber)
	if m == nil {
		return false
	}
	var v [3]int
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1]) // digits only
	}
	return slices.Compare([]int{v[0], v[1], v[2] % addedToBuild}, []int{firstMajor, firstMinor, firstBuild}) < 0
}
