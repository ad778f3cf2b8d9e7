package plant

import "time"

// servicePlants are the troubles of Microsoft's services.
func servicePlants() []plant {
	return []plant{
		{rule: "SVC-001", about: "an advisory about Teams", once: true, plant: func(b *builder) {
			b.health("microsoftteams").status = "serviceDegradation"
			b.issue("TM915204", "Microsoft Teams", "Some people may see an old presence")
			b.expectKey("SVC-001", "", "microsoftteams")
		}},
		{rule: "SVC-001", variant: "S", about: "Skype for Business is being investigated, and no issue is listed", once: true, plant: func(b *builder) {
			b.health("Lync").status = "investigating"
			b.expectKey("SVC-001", "S", "lync")
		}},
		{rule: "SVC-001", clean: true, about: "an advisory about a service that is well, and an incident of another one", once: true, plant: func(b *builder) {
			b.issue("EX915001", "Exchange Online", "Some people may see search results late")
			b.health("SharePoint").status = "serviceInterruption"
			b.issue("SP915002", "SharePoint Online", "Some people cannot open sites").incident()
		}},
		{rule: "SVC-002", about: "an incident of Teams that ended yesterday", once: true, plant: func(b *builder) {
			b.issue("TM914880", "Microsoft Teams", "Some people could not sign in").incident().endedAt(b.ago(20 * time.Hour))
			b.expectKey("SVC-002", "", "microsoftteams")
		}},
		{rule: "SVC-002", clean: true, about: "an incident that ended three days ago, and an advisory that ended yesterday", once: true, plant: func(b *builder) {
			b.issue("EX914700", "Exchange Online", "Some people could not send mail").incident().endedAt(b.ago(days(3)))
			b.issue("TM914890", "Microsoft Teams", "Some people saw an old photo").endedAt(b.ago(18 * time.Hour))
		}},
	}
}
