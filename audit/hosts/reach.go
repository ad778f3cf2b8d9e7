package hosts

import (
	"slices"

	"hybridaudit/sources/evidence"
)

// Reach says whether a host answers.
type Reach uint8

// The verdicts on reaching a host.
const (
	Untold   Reach = iota // not tried, not often enough, or only through a proxy that first wants credentials
	Answered              // by some way
	Silent                // by no way
)

// Reaching says whether a host was reached by one of the attempts from a place, direct or through a proxy. A try does not go through when two of them failed, whether or not a
// third one did not; a name without an address needs no second try. A way is closed when one of the protocols that were tried on it is, at each address. far is how far a try must have come.
func Reaching(attempts []evidence.Connection, far Far) Reach {
	type protocol struct{ via, proxy, name, url string }
	best := map[protocol]Reach{}
	asked := false
	for _, c := range attempts {
		p := protocol{c.Via, c.Proxy, c.Protocol, c.URL}
		if r := one(c, far); best[p] != Answered && r != Untold {
			best[p] = r
		}
		asked = asked || Unauthenticated(c)
	}
	ways := map[[2]string]Reach{}
	for p, r := range best {
		way := [2]string{p.via, p.proxy}
		if ways[way] != Silent {
			ways[way] = r
		}
	}
	verdict := Untold
	for _, r := range ways {
		if r == Answered {
			return Answered
		}
		verdict = r
	}
	if asked {
		return Untold
	}
	return verdict
}

// Far is how far an attempt must have come for the host to count as reached.
type Far uint8

// The distances.
const (
	Whole Far = iota // all of what was tried
	ToTCP            // a TCP connection: TLS and HTTP may fail behind it
)

func one(c evidence.Connection, far Far) Reach {
	failed := c.Tries - c.Answers
	switch {
	case c.Stage == evidence.StagePolicy || c.Tries == 0 || Unauthenticated(c):
		return Untold
	case far == ToTCP && (c.Stage == evidence.StageTLS || c.Stage == evidence.StageHTTP):
		return Answered
	case failed >= 2 || c.Stage == evidence.StageName && !c.Through():
		return Silent
	case c.Through():
		return Answered
	}
	return Untold
}

// Unauthenticated says that a proxy wanted credentials, so that nothing is known about the host behind it.
func Unauthenticated(c evidence.Connection) bool {
	return c.Via == evidence.ViaProxy && c.Status == proxyAuthenticationRequired
}

// proxyAuthenticationRequired is what a proxy answers that wants credentials.
const proxyAuthenticationRequired = 407

// BySite parts the attempts by the place that they were made from, in the order of the names.
func BySite(attempts []evidence.Connection) (sites []string, of map[string][]evidence.Connection) {
	of = map[string][]evidence.Connection{}
	for _, c := range attempts {
		if of[c.Site] == nil {
			sites = append(sites, c.Site)
		}
		of[c.Site] = append(of[c.Site], c)
	}
	slices.Sort(sites)
	return sites, of
}

// Last is the attempt that tells most about why a host is not reached: a direct one that came furthest, else one through the proxy.
func Last(attempts []evidence.Connection) evidence.Connection {
	order := []string{evidence.StageHTTP, evidence.StageTLS, evidence.StageProxy, evidence.StageTCP, evidence.StageUDP, evidence.StageName, evidence.StagePolicy, evidence.StageNone}
	best, at := evidence.Connection{}, len(order)+1
	for _, direct := range []bool{true, false} {
		for _, c := range attempts {
			if i := slices.Index(order, c.Stage); i >= 0 && i < at && (c.Via != evidence.ViaProxy) == direct && (!c.Through() || at > len(order)) {
				best, at = c, i
			}
		}
		if at <= len(order) {
			break
		}
	}
	return best
}
