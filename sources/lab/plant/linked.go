package plant

import (
	"time"

	"hybridaudit/sources/evidence/directory"
)

func fileTime(t time.Time) integer { return number(directory.ToFileTime(t)) }

// linked makes a person as a resource forest has them: the account that signs in, without SIP, and a disabled account with mailbox and SIP that carries
// the SID of the first. Both hold the same addresses. Synchronisation joins them into one tenant user, anchored at the account that signs in.
func (b *builder) linked() (login, resource *person) {
	login = b.person(homed(notEnabled), mailed(serverMailbox))
	n := b.number()
	id := login.identity
	id.sam = samOf("r-"+id.sam, n)
	f := b.plain(n, []trait{mailed(serverMailbox)})
	f.detail, f.voice = 0, false // both halves may carry the same flags, and only one a number
	resource = b.makePerson(id, -1, n, f)
	resource.ad.place(login.ad.cn+" (linked, "+login.sam+")", ouService)
	resource.ad.upn = "r-" + login.addr()
	resource.ad.proxies = append(without(login.ad.proxies, "x500:"), "sip:"+login.addr())
	resource.ad.mail, resource.ad.sip = login.ad.mail, "sip:"+login.addr()
	resource.ad.disable()
	resource.ad.recipientType = number(typeLinkedMailbox)
	resource.ad.originatorSID = sidOf(b.seed, login.ad.rid)
	resource.ad.masterSID = resource.ad.originatorSID
	resource.ad.anchor = nil
	resource.unsynchronised()
	return login, b.add(resource)
}
