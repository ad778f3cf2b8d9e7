package ldaplab

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// resultSet is a search that was evaluated: what it found, and for a paged one how much of it was sent.
type resultSet struct {
	request   searchRequest
	selection selection
	text      string // filter
	matches   []int32
	referrals []string
	end       outcome // how the last page ends
	position  int
	before    int // position at which the page before began
	pages     int
}

// page is what is sent for one request.
type page struct {
	set     *resultSet
	entries []int32
	last    bool
	end     outcome
	paged   bool
	cookie  string
	faults  []Fault
}

var (
	outcomeUnbound = outcome{code: 1, text: "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be " +
		"completed on the connection., data 0, v4563\x00"}
	outcomeControl  = outcome{code: 12, text: "00002040: SvcErr: DSID-031401E7, problem 5010 (UNAVAIL_EXTENSION), data 0\n\x00"}
	outcomeCookie   = outcome{code: 53, text: "00000057: LdapErr: DSID-0C090BF0, comment: Error processing control, data 0, v4563\x00"}
	outcomeProtocol = outcome{code: 2, text: "00000057: LdapErr: DSID-0C0C0095, comment: Error decoding ldap message, data 0, v4563\x00"}
	outcomeRange    = outcome{code: 1, text: "000020EF: SvcErr: DSID-03140B36, problem 5012 (DIR_ERROR), data 0\n\x00"}
)

// texts of results that faults give; a domain controller adds its text to each.
var faultTexts = map[int]string{
	50: "00002098: SecErr: DSID-03150F94, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\x00",
	51: "0000200E: SvcErr: DSID-020A0C2E, problem 5001 (BUSY), data 0\n\x00",
	53: "00002035: SvcErr: DSID-031401E7, problem 5003 (WILL_NOT_PERFORM), data 0\n\x00",
}

// resolve finds the base of a search. What was deleted is there only for those who ask for it.
func (t *tree) resolve(base string, c requestControls) (int32, *outcome) {
	if inner, ok := strings.CutPrefix(strings.ToUpper(base), "<GUID="); ok {
		if g, ok := guidName(strings.TrimSuffix(inner, ">")); ok {
			if at, found := t.byGUID[g]; found && c.shows(&t.nodes[at]) {
				return at, nil
			}
		}
		return 0, t.noSuchObject(directory.DN{})
	}
	name, err := directory.ParseDN(base)
	if err != nil {
		return 0, &outcome{code: 34, text: "0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350, best match of:\n\t''\n\x00"}
	}
	if at, ok := t.byKey[directory.DNKey(base)]; ok && c.shows(&t.nodes[at]) {
		return at, nil
	}
	if host := t.keeper(name); host != "" {
		return 0, &outcome{code: 10, text: fmt.Sprintf("0000202B: RefErr: DSID-03100846, data 0, 1 access points\n\tref 1: '%s'\n\x00", host)}
	}
	return 0, t.noSuchObject(name)
}

// guidName reads the two forms of <GUID=...>: 32 digits in stored order, or with hyphens.
func guidName(s string) (directory.GUID, bool) {
	if g, err := directory.ParseGUID(s); err == nil {
		return g, true
	}
	var b []byte
	if n, err := fmt.Sscanf(s, "%x", &b); n != 1 || err != nil {
		return directory.GUID{}, false
	}
	g, err := directory.GUIDFromBytes(b)
	return g, err == nil
}

func (t *tree) noSuchObject(name directory.DN) *outcome {
	match := ""
	for up := name.Parent(); up.Len() > 0 && match == ""; up = up.Parent() {
		if at, ok := t.byKey[directory.DNKey(up.String())]; ok && !t.nodes[at].hidden {
			match = t.nodes[at].dn
		}
	}
	return &outcome{code: 32, matched: match, text: fmt.Sprintf(
		"0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'%s'\n\x00", match)}
}

// evaluate runs a search over the tree.
func (t *tree) evaluate(ctx context.Context, r searchRequest, c requestControls, forest string) (*resultSet, *outcome) {
	base, bad := t.resolve(r.base, c)
	if bad != nil {
		return nil, bad
	}
	m, bad := t.prepare(r.filter)
	if bad != nil {
		return nil, bad
	}
	set := &resultSet{request: r, selection: t.choose(r), text: r.filter.String()}
	start := time.Now()
	nodes := []int32{base}
	if r.scope > 0 {
		nodes = t.within(base, &m)
	}
	for at, i := range nodes {
		if at%1024 == 0 && (ctx.Err() != nil || r.timeLimit > 0 && time.Since(start) > time.Duration(r.timeLimit)*time.Second) {
			set.end = outcome{code: 3}
			break
		}
		n := &t.nodes[i]
		outside := n.context != t.nodes[base].context && !t.catalog || r.scope == 1 && n.parent != base
		if outside || !c.shows(n) || m.match(n) != yes {
			continue
		}
		set.matches = append(set.matches, i)
	}
	if !c.domainScope && r.scope > 0 && !t.catalog {
		set.referrals = t.referrals(base, r.scope, forest)
	}
	if r.sizeLimit > 0 && len(set.matches) > r.sizeLimit {
		set.matches, set.end = set.matches[:r.sizeLimit], outcome{code: 4}
	}
	if !c.paged && len(set.matches) > maxPageSize {
		set.matches, set.end = set.matches[:maxPageSize], outcome{code: 4}
	}
	if at := slices.IndexFunc(set.matches, func(i int32) bool { return set.selection.beyond(t, &t.nodes[i]) != "" }); at >= 0 && !c.noRangeErr {
		set.matches, set.end = set.matches[:at], outcomeRange
	}
	return set, nil
}

// referrals are the continuation references to the naming contexts directly below the base, as a domain controller gives them: for the domain's own head
// the two DNS zones and the configuration.
func (t *tree) referrals(base int32, scope int, forest string) []string {
	var out []string
	for _, other := range t.elsewhere {
		name, err := directory.ParseDN(other)
		if up, ok := t.byKey[directory.DNKey(name.Parent().String())]; err == nil && ok && t.nodes[up].context == base {
			out = append(out, reference(other, directory.DomainOf(other), scope))
		}
	}
	for _, head := range t.heads {
		up := t.nodes[head].parent
		if head == base || head <= base || head > t.nodes[base].last || up < 0 || t.nodes[up].context != t.nodes[base].context || scope == 1 && up != base {
			continue
		}
		host := forest
		if name := directory.DomainOf(t.nodes[head].dn); name != "" {
			host = name
		}
		out = append(out, reference(t.nodes[head].dn, host, scope))
	}
	return out
}

func reference(dn, host string, scope int) string {
	text := "ldap://" + host + "/" + strings.NewReplacer(" ", "%20", "?", "%3F").Replace(dn)
	if scope == 1 {
		text += "??base"
	}
	return text
}

// keeper gives the DNS name of the domain that a name lies in, when that is a domain of the forest that the tree does not hold.
func (t *tree) keeper(name directory.DN) string {
	host, depth := "", 0
	look := func(dn, found string) {
		context, err := directory.ParseDN(dn)
		if err == nil && context.Len() > depth && (name.Equal(context) || name.Below(context)) {
			host, depth = found, context.Len()
		}
	}
	for _, head := range t.heads {
		look(t.nodes[head].dn, "")
	}
	for _, other := range t.elsewhere {
		look(other, directory.DomainOf(other))
	}
	return host
}

// pageOf cuts the next page off a result set and applies the faults that are due.
func (c *connection) pageOf(set *resultSet, controls requestControls) page {
	p := page{set: set, paged: controls.paged, faults: c.server.faults.due(set.request.base, set.text, set.pages)}
	if has(p.faults, Refused) {
		// The position stays: the same page can be asked for again.
		if controls.cookie != "" {
			c.keep(controls.cookie, set)
		}
		return p
	}
	limit := len(set.matches)
	if controls.paged {
		if limit = maxPageSize; controls.pageSize > 0 {
			limit = min(limit, controls.pageSize)
		}
	}
	if has(p.faults, RepeatedPage) {
		set.position = set.before
	}
	size := min(limit, len(set.matches)-set.position)
	if has(p.faults, EmptyPage) {
		size = 0
	} else {
		set.before = set.position
	}
	p.entries = set.matches[set.position : set.position+size]
	set.position += size
	set.pages++
	p.last = set.position == len(set.matches) && !has(p.faults, EmptyPage) && !has(p.faults, RepeatedPage)
	if p.last {
		p.end = set.end
	} else if controls.paged {
		p.cookie = rand.Text()
		if !has(p.faults, WrongCookie) {
			c.keep(p.cookie, set)
		}
	}
	if has(p.faults, NoPaging) {
		p.paged = false
	}
	return p
}

func has(faults []Fault, kind FaultKind) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == kind })
}

// keep remembers a result set until its next page is asked for. The oldest is forgotten when there are too many.
func (c *connection) keep(cookie string, set *resultSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets[cookie] = set
	c.cookies = append(c.cookies, cookie)
	if len(c.cookies) > maxResultSets {
		delete(c.sets, c.cookies[0])
		c.cookies = slices.Delete(c.cookies, 0, 1)
	}
}

// take gives the result set of a cookie, which is then used up.
func (c *connection) take(cookie string) (*resultSet, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set, ok := c.sets[cookie]
	if ok {
		delete(c.sets, cookie)
		c.cookies = slices.DeleteFunc(c.cookies, func(s string) bool { return s == cookie })
	}
	return set, ok
}
