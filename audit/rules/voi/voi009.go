package voi

import (
	"iter"
	"maps"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// VOI009 finds voice mail that is still tied to Exchange unified messaging.
var VOI009 = &audit.Rule{
	ID: "VOI-009", Category: "voi", Severity: audit.Medium,
	Title: "Voice mail still tied to Exchange UM or ExUM contacts",
	Why: "Voice mail and auto attendants of Exchange unified messaging do not follow to Teams, and Exchange Online has given them up in favour of Cloud Voicemail and auto " +
		"attendants in the tenant. Whoever moves loses greetings and menus that nobody has built again.",
	Fix: "Build the auto attendants in the tenant and plan Cloud Voicemail for everybody before they move. When nobody uses the contacts any more, remove them " +
		"(Get-CsExUmContact | Remove-CsExUmContact; the cmdlet is not there in Skype for Business Server 2019), and switch unified messaging off for mailboxes that stay " +
		"(Disable-UMMailbox).",
	Guards: "One finding for each forest and kind. Contacts that name a login account are people of another forest. What the values of msExchUCVoiceMailSettings and " +
		"msExchUMEnabledFlags mean in detail is not documented: they are shown, and only bit 1 of the flags counts. Voice mail settings alone are info.",
	Refs: []audit.Ref{{Title: "Decommission the on-premises environment: remove the deployment"}, {Title: "Plan for Cloud Voicemail"}},
	Variants: []audit.Variant{
		{
			Code: "C", Message: "contacts of Exchange unified messaging (auto attendants, subscriber access): {count}, with a telephone number: {numbers} ({names})",
			Needs: []audit.Need{{Dataset: evidence.ADContacts, Attributes: []string{"msRTCSIP-Line"}, PartOK: true}},
		},
		{Code: "M", Severity: audit.Info, Message: "people with voice mail settings: {count} ({settings})"},
		{Code: "U", Message: "people enabled for Exchange unified messaging: {count} ({names})"},
	},
	Needs: slices.Concat([]audit.Need{
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), []string{"msExchUCVoiceMailSettings", "msExchUMEnabledFlags"}), PartOK: true},
		{Dataset: evidence.ADContacts, Attributes: scope.Attributes(), PartOK: true},
	}, audit.Better([]audit.Need{{Dataset: evidence.ADContacts, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}}})),
	Check: audit.AllADObjects(voiceMail),
}

// mailboxes are what one forest has.
type mailboxes struct {
	contacts, unified []evidence.ADObject
	settings          map[string]int
	holders           int
}

func voiceMail(p *audit.Pass, objects iter.Seq[evidence.ADObject]) {
	forests := map[string]*mailboxes{}
	of := func(forest string) *mailboxes {
		if forests[forest] == nil {
			forests[forest] = &mailboxes{settings: map[string]int{}}
		}
		return forests[forest]
	}
	for o := range objects {
		switch class := p.Scope().Class(o); {
		case class == scope.UMContact && o.MasterAccountSID() == "":
			m := of(o.Forest())
			m.contacts = append(m.contacts, o)
		case o.Dataset() == evidence.ADUsers:
			unified(of, o)
		}
	}
	for forest, m := range forests {
		m.report(p, forest)
	}
}

// unified notes a user with traces of unified messaging.
func unified(of func(string) *mailboxes, o evidence.ADObject) {
	if flags, _ := o.UMEnabledFlags(); flags&1 != 0 {
		m := of(o.Forest())
		m.unified = append(m.unified, o)
		return
	}
	held := false
	for v := range o.VoiceMailSettings() {
		of(o.Forest()).settings[v]++
		held = true
	}
	if held {
		of(o.Forest()).holders++
	}
}

func (m *mailboxes) report(p *audit.Pass, forest string) {
	if len(m.contacts) > 0 {
		numbers := 0
		for _, o := range m.contacts {
			if o.Line() != "" {
				numbers++
			}
		}
		names, facts := audit.Listed(m.contacts)
		p.Report(audit.Finding{
			Variant: "C", Subject: audit.ForestSubject(forest), Evidence: facts,
			Args: []audit.Arg{audit.Num("count", len(m.contacts)), audit.Num("numbers", numbers), audit.List("names", names)},
		})
	}
	if m.holders > 0 {
		settings := slices.Sorted(maps.Keys(m.settings))
		settings = settings[:min(len(settings), audit.MostListed)]
		p.Report(audit.Finding{
			Variant: "M", Subject: audit.ForestSubject(forest), Evidence: []audit.Fact{{Name: "msExchUCVoiceMailSettings", Values: settings}},
			Args: []audit.Arg{audit.Num("count", m.holders), audit.List("settings", settings)},
		})
	}
	if len(m.unified) > 0 {
		names, facts := audit.Listed(m.unified)
		p.Report(audit.Finding{
			Variant: "U", Subject: audit.ForestSubject(forest), Evidence: facts,
			Args: []audit.Arg{audit.Num("count", len(m.unified)), audit.List("names", names)},
		})
	}
}
