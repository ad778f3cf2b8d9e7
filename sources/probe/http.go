package probe

import (
	"cmp"
	"context"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

const maxRedirects = 3

// ask is an address that is asked for with GET, and why.
type ask struct {
	url      string
	via      string // "": all ways
	kind     kind
	purposes []string
	domains  []string
	group    string
	accept   string
	// linked says that redirects may lead to hosts that nobody names: those of Autodiscover do, by its own rules.
	linked bool
	// personal says that the address names a person.
	personal bool
	// read finds in the answer what was asked for; nil looks for nothing.
	read func(body []byte) string
}

// web asks what web services answer: discovery of Skype for Business clients, Autodiscover and Exchange Web Services. Who answers that somebody must sign in is well;
// judging is not done here. Redirects are asked for in turn, each address once.
func (p *prober) web(ctx context.Context, plan plan) {
	var (
		done = map[string]*evidence.Connection{} // by way and address
		todo = p.split(p.webAsks(plan))
		shut = p.shut()
		lost int
	)
	defer func() {
		for _, k := range slices.Sorted(maps.Keys(done)) {
			record(p, *done[k])
		}
		if lost > 0 {
			p.fault(evidence.ProbeConnections, "%d addresses of web services were not asked in time", lost)
		}
	}()
	for round := 0; round <= maxRedirects && len(todo) > 0; round++ {
		answers := make([]answer, len(todo))
		left := p.each(ctx, len(todo), func(ctx context.Context, i int) {
			if closed, ok := shut[todo[i].origin()]; ok {
				answers[i].row = evidence.Connection{
					Host: closed.Host, Port: closed.Port, Protocol: todo[i].scheme(), Via: closed.Via, Proxy: closed.Proxy, Address: closed.Address, Tries: closed.Tries, Stage: closed.Stage,
					Failure: closed.Failure, Asked: closed.Asked,
				}
				return
			}
			a := p.persist(ctx, request{url: todo[i].url, kind: todo[i].kind, via: todo[i].via, accept: todo[i].accept, personal: todo[i].personal})
			if todo[i].read != nil && a.row.Through() && !a.cut {
				a.row.Answer = todo[i].read(a.body)
			}
			a.body = nil
			answers[i] = a
		})
		lost += left
		var next []ask
		for i, a := range answers[:len(todo)-left] {
			if a.interrupted {
				lost++
				continue
			}
			row := a.row
			row.URL, row.Purposes, row.Domains, row.Group = cmp.Or(row.URL, todo[i].url), todo[i].purposes, todo[i].domains, todo[i].group
			done[todo[i].key()] = &row
			if follow, ok := p.redirect(todo[i], row); ok {
				next = append(next, follow)
			}
		}
		todo = fresh(next, done)
	}
}

// origin names the way, the host and the port.
func (a ask) origin() string {
	u, port, err := webURL(a.url)
	if err != nil {
		return ""
	}
	return originOf(a.via, address.DomainKey(u.Hostname()), port)
}

func originOf(via, host string, port int) string {
	return via + " " + net.JoinHostPort(host, strconv.Itoa(port))
}

// key names the way and the address, whichever of the ways in which an address can be written was taken.
func (a ask) key() string {
	u, _, err := webURL(a.url)
	if err != nil {
		return a.via + " " + a.url
	}
	return a.origin() + " " + u.Scheme + " " + u.RequestURI()
}

func (a ask) scheme() string {
	scheme, _, _ := strings.Cut(a.url, ":")
	return scheme
}

// shut are the places to which connections were tried before and not made, by way, host and port: nothing is asked of them again, which would take the longest.
func (p *prober) shut() map[string]evidence.Connection {
	p.rows.mu.Lock()
	entries := slices.Clone(p.rows.byKey[evidence.ProbeConnections])
	p.rows.mu.Unlock()
	b := evidence.NewBuilder(p.now())
	for _, e := range entries {
		_ = e.write(b) // what is too long is told when the rows are written for good
	}
	all := map[string]evidence.Connection{}
	for c := range b.Seal().Connections() {
		if !c.Through() && (c.Stage == evidence.StageTCP || c.Stage == evidence.StageProxy && c.Status == 0) {
			all[originOf(c.Via, c.Host, c.Port)] = c
		}
	}
	return all
}

// split makes one ask of each way in which an address can be reached.
func (p *prober) split(asks []ask) []ask {
	var all []ask
	for _, a := range asks {
		for _, via := range p.vias(a.url) {
			a.via = via
			all = append(all, a)
		}
	}
	return fresh(all, nil)
}

// fresh leaves each address once, with the purposes and domains of all who want it; those of an address that was asked already join its row.
func fresh(asks []ask, done map[string]*evidence.Connection) []ask {
	var out []ask
	at := map[string]int{}
	for _, a := range asks {
		k := a.key()
		if row := done[k]; row != nil {
			row.Purposes, row.Domains = union(row.Purposes, a.purposes), union(row.Domains, a.domains)
			continue
		}
		if i, ok := at[k]; ok {
			out[i].purposes, out[i].domains = union(out[i].purposes, a.purposes), union(out[i].domains, a.domains)
			continue
		}
		at[k] = len(out)
		out = append(out, a)
	}
	return out
}

// union joins two lists into a sorted new one.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// redirect makes an ask of where an answer leads; ok is false when it leads nowhere.
func (p *prober) redirect(from ask, row evidence.Connection) (to ask, ok bool) {
	if row.Status < 300 || row.Status > 399 || row.Location == "" {
		return ask{}, false
	}
	base, err := url.Parse(from.url)
	if err != nil {
		return ask{}, false
	}
	u, err := base.Parse(row.Location)
	if err != nil {
		return ask{}, false
	}
	to = from
	if to.url = cleanAddress(u.String()); to.url == "" {
		return ask{}, false
	}
	to.kind = p.redirectKind(u, from.linked)
	return to, true
}

// redirectKind says as what the target of a redirect is contacted. A redirect is the word of whoever answered: it opens no other ports than those of the web, not even
// of hosts that are named, and other hosts only where redirects are meant to lead to them.
func (p *prober) redirectKind(u *url.URL, open bool) kind {
	switch u.Port() {
	case "", "80", "443":
	default:
		return linked
	}
	host := address.DomainKey(u.Hostname())
	if open && !p.guard.original(host) && !p.guard.derived[host] {
		return linked
	}
	return known
}

// persist asks, and once more when nothing came that could come at a second try.
func (p *prober) persist(ctx context.Context, r request) answer {
	a := p.get(ctx, r)
	for tries := 2; tries <= min(p.cfg.Tries, 2); tries++ {
		switch {
		case a.interrupted || a.row.Through() || a.row.Stage == evidence.StagePolicy || a.row.Stage == evidence.StageName || a.row.Stage == evidence.StageProxy:
			return a
		}
		if a = p.get(ctx, r); !a.interrupted {
			a.row.Tries = tries
		}
	}
	return a
}
