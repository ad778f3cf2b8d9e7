package join

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// JOIN013 shows what Teams found wrong with an account.
var JOIN013 = &audit.Rule{
	ID: "JOIN-013", Category: "join", Severity: audit.High,
	Title: "Teams validation error on the account",
	Why: "Teams does not accept the account as it is: no telephone number can be assigned (\"There seems to be a problem with the provided SIP address. Use a SIP address that contains " +
		"only standard characters\"), and a person who was moved stays half moved.",
	Fix: "Put the cause right that the finding names: DNS records of the SIP domain that still lead to servers on-premises (DNS-005); a SIP address that somebody else has (SIP-001, SIP-002) " +
		"or with characters that are not allowed (SIP-006); a SIP domain that is not verified or not enabled online (SIP-007, DOM-003); SIP attributes that do not arrive (HOM-006). Run " +
		"Start-ADSyncSyncCycle -PolicyType Delta and look again with Get-CsOnlineUser -Identity <name> | Select-Object UserValidationErrors: the service checks again within a day.",
	Guards: "Needs the output of Get-CsOnlineUser, since Graph has no such property. Deleted accounts in it are left out, and accounts that are no tenant users any more. What an error code " +
		"means is mostly not documented: the description is shown as it is, and the cause is named where code or description tell it.",
	Refs:     []audit.Ref{{Title: "Get-CsOnlineUser (UserValidationErrors)"}, {Title: "Troubleshoot phone number assignment in Teams"}},
	Message:  "Teams reports {code}: {description}; likely cause: {cause}",
	Identity: []string{"code"},
	Needs:    slices.Concat([]audit.Need{{Dataset: evidence.TeamsOnlineUsers, Attributes: []string{"UserValidationErrors"}, PartOK: true}}, needs(nil, nil)),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		online := p.OnlineUser(u)
		if online.IsZero() {
			return
		}
		var said []string
		for e := range online.ValidationErrors() {
			code := e.Code
			if code == "" {
				code = "unknown"
			}
			if slices.Contains(said, code) {
				continue
			}
			said = append(said, code)
			f := audit.Finding{Subject: audit.TenantSubject(u), Evidence: audit.TenantFacts("", u, "userPrincipalName")}
			if o, _ := p.Pairs().AD(u); !o.IsZero() {
				f = pair(o, u, []string{"msRTCSIP-PrimaryUserAddress", "msRTCSIP-DeploymentLocator", "proxyAddresses", "whenChanged"}, []string{"userPrincipalName", "imAddresses"})
			}
			f.Evidence = append(f.Evidence, said013(p, e, online)...)
			description := shortened(e.Description)
			if description == "" {
				description = shortened(e.Raw)
			}
			if description == "" {
				description = "none"
			}
			f.Args = []audit.Arg{audit.Str("code", code), audit.Str("description", strings.TrimRight(description, ".")), audit.Str("cause", causeOf(e))}
			p.Report(f)
		}
	}),
}

// said013 is what the output says of the error and its surroundings.
func said013(p *audit.Pass, e evidence.ValidationError, online evidence.Export) []audit.Fact {
	var facts []audit.Fact
	for _, f := range []struct{ name, value string }{{"ErrorCode", e.Code}, {"ErrorDescription", shortened(e.Description)}, {"UserValidationErrors", shortened(e.Raw)}} {
		if f.value != "" {
			facts = append(facts, audit.Fact{Name: f.name, Values: []string{f.value}})
		}
	}
	for _, name := range []string{"SipAddress", "OnPremSipAddress", "InterpretedUserType", "WhenChanged"} {
		if v := online.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Name: name, Values: v})
		}
	}
	if at := p.OnlineTaken(); !at.IsZero() {
		facts = append(facts, audit.Fact{Name: "taken", Values: []string{at.Format(time.RFC3339)}})
	}
	return facts
}

// causes are signs in code or description, in lower case, of what an error comes from; the first that is there counts.
var causes = []struct {
	cause string
	signs []string
}{
	{"deployment", []string{"onpremdeployment", "on-premises deployment", "on-premises skype", "lyncdiscover"}},
	{"duplicate", []string{"duplicate", "already in use", "already used", "not unique", "conflict", "another user"}},
	{"domain", []string{"domain"}},
	{"form", []string{"standard characters", "invalid character", "malformed", "invalid sip", "invalidsip", "not a valid sip", "format"}},
}

// causeOf names the likely cause of an error.
func causeOf(e evidence.ValidationError) string {
	text := strings.ToLower(e.Code + " " + e.Description + " " + e.Raw)
	for _, c := range causes {
		if slices.ContainsFunc(c.signs, func(sign string) bool { return strings.Contains(text, sign) }) {
			return c.cause
		}
	}
	return "unknown"
}
