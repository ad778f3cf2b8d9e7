package imports

import (
	"bytes"

	"hybridaudit/sources/evidence/directory"
)

// place is where a record lies: in a domain, or in the configuration partition of the forest that the domain is the root of.
type place struct {
	domain *domain // nil for names without domain components
	// within is the name relative to the domain, "CN=Services,CN=Configuration"; empty for the domain's own object.
	within []byte
	config bool // in the configuration partition
	schema bool // in the schema partition
}

// domains finds the domain of a name. Each spelling is looked up once.
type domains struct {
	spelled map[string]*domain
	byName  map[string]*domain
	all     []*domain // in the order of the files
}

// maxSpellings bounds how many spellings of domains are remembered.
const maxSpellings = 10_000

func (d *domains) locate(dn []byte) place {
	from := componentsOf(dn)
	if from < 0 {
		return place{within: dn}
	}
	p := place{domain: d.of(dn[from:])}
	if from > 0 {
		p.within = bytes.TrimRight(dn[:from], ", ")
		p.config = inside(p.within, "CN=Configuration")
		p.schema = p.config && inside(p.within, "CN=Schema,CN=Configuration")
	}
	return p
}

// of gives the domain that domain components spell.
func (d *domains) of(components []byte) *domain {
	if known := d.spelled[string(components)]; known != nil {
		return known
	}
	name := directory.DomainOf(string(components))
	known := d.byName[name]
	if known == nil {
		known = &domain{name: name, context: string(bytes.TrimSpace(components))}
		d.byName[name] = known
		d.all = append(d.all, known)
	}
	if len(d.spelled) < maxSpellings {
		d.spelled[string(components)] = known
	}
	return known
}

// componentsOf gives the position of the first of the domain components at the end of a name, -1 when there are none.
func componentsOf(dn []byte) int {
	from := -1
	for end := len(dn); end > 0; {
		comma := lastComma(dn[:end])
		part := bytes.TrimLeft(dn[comma+1:end], " ")
		if len(part) < 4 || !bytes.EqualFold(part[:3], []byte("DC=")) {
			break
		}
		from, end = comma+1, comma
	}
	return from
}

// lastComma gives the position of the last comma that separates, -1 when there is none.
func lastComma(dn []byte) int {
	for i := bytes.LastIndexByte(dn, ','); i >= 0; i = bytes.LastIndexByte(dn[:i], ',') {
		escapes := 0
		for i-escapes > 0 && dn[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return -1
}

// inside says that a name is the container or lies below it. Both are relative to the same domain.
func inside(name []byte, container string) bool {
	rest := len(name) - len(container)
	return rest >= 0 && bytes.EqualFold(name[rest:], []byte(container)) && (rest == 0 || name[rest-1] == ',' && (rest < 2 || name[rest-2] != '\\'))
}

// Containers, relative to the root domain.
const (
	configurationName = "CN=Configuration"
	servicesName      = "CN=Services,CN=Configuration"
	partitionsName    = "CN=Partitions,CN=Configuration"
	exchangeName      = "CN=Microsoft Exchange,CN=Services,CN=Configuration"
	rtcName           = "CN=RTC Service,CN=Services,CN=Configuration"
	rtcOldName        = "CN=RTC Service,CN=Microsoft,CN=System" // where Live Communications Server put it, in the root domain itself
)
