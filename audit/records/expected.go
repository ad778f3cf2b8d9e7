package records

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hybridaudit/sources/evidence/address"
)

//go:embed records.csv
var recordTable string

//go:embed wrong.csv
var wrongTable string

//go:embed clouds.csv
var cloudTable string

// Entry is a record that clients ask for, as the compiled-in table knows it.
type Entry struct {
	Label, Kind string
	// Asked says of which domains it is asked: of verified ones and those with SIP addresses, of the latter only (sip), or of those with e-mail addresses (mail).
	Asked                  string
	Priority, Weight, Port int
	// Online is the host of Microsoft 365 that it should lead to, as its first label or, where it is not one of those for Teams, as a whole; "" for none.
	Online string
	// OnPremises is what it leads to while people are on the servers: edge, web or pool.
	OnPremises string
	// Left says that nobody needs it once all people are in Microsoft 365: stale; shared when something else may be using the name.
	Left string
}

// Name is the record's name for a domain.
func (e Entry) Name(domain string) string { return e.Label + "." + domain }

// Table lists the records that are known. The list is shared: do not change it.
func Table() []Entry { return table() }

var table = sync.OnceValue(func() []Entry {
	var list []Entry
	for _, r := range rowsOf("records.csv", recordTable) {
		list = append(list, Entry{
			Label: r[0], Kind: r[1], Asked: r[2], Priority: number(r[3]), Weight: number(r[4]), Port: number(r[5]), Online: r[6], OnPremises: r[7], Left: r[8],
		})
	}
	return list
})

// Core lists the records that a client or another organisation finds Teams and Skype for Business by: those that Microsoft 365 wants.
func Core() []Entry {
	return slices.DeleteFunc(slices.Clone(Table()), func(e Entry) bool { return e.Online == "" || e.OnPremises == "" || e.Left != "" })
}

// EntryOf gives the entry with a label, the zero value when there is none.
func EntryOf(label string) Entry {
	for _, e := range Table() {
		if e.Label == label {
			return e
		}
	}
	return Entry{}
}

var mistakes = sync.OnceValue(func() [][]string { return rowsOf("wrong.csv", wrongTable) })

// Mistaken gives the first label of the host that somebody meant who wrote a target that is known to be wrong, "" for all other targets.
func Mistaken(target string) string {
	target = address.DomainKey(target)
	for _, r := range mistakes() {
		if ok, _ := path.Match(r[0], target); ok {
			return r[1]
		}
	}
	return ""
}

// rowsOf reads a compiled-in table without its heading.
func rowsOf(name, text string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(name + ": " + err.Error()) // compiled in: a test reads it
	}
	return rows[1:]
}

// number reads a number of a compiled-in table; 0 for none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// usualTTL is how long records are remembered when nobody says otherwise, in seconds.
const usualTTL = 3600

// Want is a record as it should be published.
type Want struct {
	Name, Kind string // CNAME or SRV
	Target
	TTL    int
	Tenant bool // the tenant itself says so
}

// String writes the record as in a zone file.
func (w Want) String() string {
	return w.Name + " " + strconv.Itoa(cmp.Or(w.TTL, usualTTL)) + " IN " + w.Kind + " " + w.Target.String()
}

// readWanted indexes the records that tenants want.
func (x *Index) readWanted() {
	for r := range x.snapshot.DomainRecords() {
		domain, name := address.DomainKey(r.Domain()), address.DomainKey(r.Label())
		if name != domain && !strings.HasSuffix(name, "."+domain) {
			name += "." + domain
		}
		kind := strings.ToUpper(r.Type())
		if r.Target() == "" || Mistaken(r.Target()) != "" || kind != CNAME && kind != SRV {
			continue
		}
		x.targets[address.DomainKey(r.Target())] = true
		k := key{name, kind}
		if old, ok := x.wanted[k]; !ok || r.Target() < old.Target() {
			x.wanted[k] = r
		}
	}
}

// Want gives the record that leads to Microsoft 365: what the tenant wants, or what the table says where it says nothing.
func (x *Index) Want(e Entry, domain string) Want {
	w := Want{Name: e.Name(domain), Kind: SRV, Target: Target{Priority: e.Priority, Weight: e.Weight, Port: e.Port}, TTL: usualTTL}
	if e.Kind != SRV {
		w.Kind = CNAME
	}
	if r, ok := x.wanted[key{w.Name, w.Kind}]; ok {
		w.Tenant, w.TTL, w.Host = true, cmp.Or(r.TTL(), usualTTL), address.DomainKey(r.Target())
		if e.Kind == SRV {
			w.Priority, w.Weight, w.Port = r.Priority(), r.Weight(), cmp.Or(r.Port(), e.Port)
		}
		return w
	}
	if w.Host = e.Online; w.Host != "" && !strings.Contains(w.Host, ".") {
		w.Host += x.suffix(domain)
	}
	return w
}

// suffix is the ending of the hosts of the cloud in which a domain's tenant is.
func (x *Index) suffix(domain string) string {
	rows := rowsOf("clouds.csv", cloudTable)
	found := rows[0][1]
	if d := x.domains[domain]; d != nil {
		for _, r := range rows {
			for _, t := range d.Tenants {
				if strings.HasSuffix(x.initial[t], r[0]) {
					found = r[1]
				}
			}
		}
	}
	own := x.facts.Suffixes
	if len(own) > 0 && !slices.ContainsFunc(own, func(s string) bool { return strings.EqualFold(s, found) }) {
		return strings.ToLower(own[0])
	}
	return found
}

// China says that the tenant of a domain is run by 21Vianet.
func (x *Index) China(domain string) bool { return strings.HasSuffix(x.suffix(domain), ".lync.cn") }
