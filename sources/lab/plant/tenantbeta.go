package plant

import (
	"strings"
	"time"
)

// sipInfo is onPremisesSipInfo of a tenant user: what directory synchronisation brought.
type sipInfo struct {
	enabled           bool
	location, address string
}

// signIns are the last sign-ins of a tenant user. Without own the service shows what goes with the state of the account.
type signIns struct {
	own         bool
	last, other time.Time // interactive, and not; the zero time is never
}

// signedIn sets when a user last signed in, the zero time for never.
func (u *user) signedIn(last time.Time) { u.signIns = signIns{own: true, last: last, other: last} }

// limits are what the tenant says of itself on request.
type limits struct {
	passwordSync time.Time // organization.onPremisesLastPasswordSyncDateTime
	used, total  int       // directorySizeQuota; used is counted unless it is set
}

// giveBeta fills in what a service shows on request of the person.
func (b *builder) giveBeta(p *person) {
	u, o := p.cloud, p.ad
	if u.sip == nil && !u.sipLost && !b.sipLost && u.synced == jsonTrue && o != nil && (o.sip != "" || o.enabled != "") {
		u.sip = u.synchronisedSIP(o)
	}
	if u.signIns.own {
		return
	}
	h := b.random(p.number, saltSignIn)
	switch {
	case u.enabled:
		u.signIns.last = b.ago(days(h%20) + seconds(h>>8%86400))
		u.signIns.other = b.ago(seconds(h >> 32 % 40000))
		if u.signIns.last.Before(u.created) {
			u.signIns.last = u.created.Add(time.Hour)
		}
	case o != nil && h%4 != 0:
		u.signIns.last = o.changed.Add(-seconds(h >> 8 % 86400))
	}
}

// synchronisedSIP is the copy of what the directory has of SIP, in the state that Teams knows: somebody who counts as homed on-premises has the old locator still,
// and of somebody who counts as homed online, and is not, nothing has arrived.
func (u *user) synchronisedSIP(o *object) *sipInfo {
	i := &sipInfo{enabled: o.enabled == yes, location: o.locator, address: o.sip}
	switch {
	case u.teams == nil:
	case strings.EqualFold(u.teams.account, accountOnPremises):
		i.location = serverLocator
	case strings.EqualFold(u.teams.account, accountOnline) && i.enabled && i.location == serverLocator:
		return nil
	}
	return i
}

// fillQuota counts the objects of the tenant, and gives room for as many as Microsoft does by default or for twice as many.
func (b *builder) fillQuota(users int) {
	if b.limits.used == 0 {
		b.limits.used = users + len(b.recipients) + len(b.principals) + 140
	}
	if b.limits.total == 0 {
		b.limits.total = max(300_000, 2*b.limits.used)
	}
}

// requested writes what a service shows on request.
func (u *user) requested(d *document) {
	if u.sip == nil {
		d.raw("onPremisesSipInfo", "")
	} else {
		d.open("onPremisesSipInfo", '{')
		d.flag("isSipEnabled", u.sip.enabled)
		d.text("sipDeploymentLocation", u.sip.location)
		d.text("sipPrimaryAddress", u.sip.address)
		d.shut('}')
	}
	if u.signIns.last.IsZero() && u.signIns.other.IsZero() {
		return // the service leaves the property out for those who never signed in
	}
	d.open("signInActivity", '{')
	d.time("lastSignInDateTime", u.signIns.last)
	d.raw("lastSignInRequestId", "")
	d.time("lastNonInteractiveSignInDateTime", u.signIns.other)
	d.raw("lastNonInteractiveSignInRequestId", "")
	d.time("lastSuccessfulSignInDateTime", u.signIns.last)
	d.raw("lastSuccessfulSignInRequestId", "")
	d.shut('}')
}
