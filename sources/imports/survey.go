package imports

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/imports/ldif"
)

// survey is the first reading: where the records lie, and what the files tell of the forests as wholes.
type survey struct {
	files   []surveyed
	domains domains
	roots   []rootDSE
	strange int // records outside of any domain
	nextOf  extentKey
	next    *extent
}

// surveyed is a file with its searches.
type surveyed struct {
	File
	searches []*ldif.Search
	cut      string // why its end is missing
	extents  map[extentKey]*extent
}

// extentKey names the part of a domain and its configuration partition that one search gave.
type extentKey struct {
	file, search int
	domain       *domain
}

// extent is what one search gave of one domain. Which of the containers it gave tells how far a search reached of which nothing else is known.
type extent struct {
	objects int // in the domain itself
	config  int // in its configuration partition

	root, configuration, services, partitions, rtc, rtcOld, exchange bool

	filled filled
}

// domain is a domain with what the records below its name tell. Only the root domain of a forest has a configuration partition.
type domain struct {
	name    string // DNS name
	context string // distinguished name, as first spelled
	objects int
	config  int
	guid    directory.GUID

	rtc, rtcOld           string // names of the containers of Skype for Business
	services              bool
	suffixes              []string
	crossRefs             []crossRef
	schema                map[string]bool // attributes that the schema knows, in lower case; nil when it was not exported
	rtcSchema, exchSchema int64           // versions, 0 when unknown
	hosts                 map[string]bool // DNS names and distinguished names of computers that configuration names, in lower case
}

// crossRef is a partition that the forest lists.
type crossRef struct {
	dns, context, netBIOS string
	isDomain              bool
}

// rootDSE is what a domain controller says of itself.
type rootDSE struct {
	rootDomain, domain *domain
	host               string
}

func newSurvey(files []File) *survey {
	s := &survey{domains: domains{spelled: map[string]*domain{}, byName: map[string]*domain{}}}
	for _, f := range files {
		s.files = append(s.files, surveyed{File: f, extents: map[extentKey]*extent{}})
	}
	return s
}

// look reads all files.
func (s *survey) look(ctx context.Context, o Options) error {
	for i := range s.files {
		f, before := &s.files[i], s.strange
		r, err := f.records(ctx, o.Limits, func(record *ldif.Record) error {
			s.note(i, record)
			return nil
		})
		if err != nil {
			return err
		}
		f.searches = r.Searches()
		if why, line := r.Cut(); why != "" {
			f.cut = fmt.Sprintf("%s, in line %d", why, line)
		}
		records := 0
		for _, one := range f.searches {
			records += one.Records
		}
		if strange := s.strange - before; strange > 0 {
			o.Log.Warn("records outside of any domain are passed over", "file", f.Name, "records", strange)
		}
		o.Log.Info("LDIF file read", "file", f.Name, "records", records, "searches", len(f.searches), "cut", f.cut)
	}
	return nil
}

// extentOf gives the extent that a record belongs to. The records of one extent come one after the other, mostly.
func (s *survey) extentOf(file int, search *ldif.Search, d *domain) *extent {
	key := extentKey{file, search.Index, d}
	if key == s.nextOf && s.next != nil {
		return s.next
	}
	f := &s.files[file]
	e := f.extents[key]
	if e == nil {
		e = &extent{}
		f.extents[key] = e
	}
	s.nextOf, s.next = key, e
	return e
}

// note takes one record.
func (s *survey) note(file int, record *ldif.Record) {
	p := s.domains.locate(record.DN)
	if p.domain == nil {
		if len(record.DN) == 0 {
			s.noteRoot(record)
		} else {
			s.strange++
		}
		return
	}
	e := s.extentOf(file, record.Search, p.domain)
	if p.config {
		e.config++
		p.domain.config++
		s.noteConfiguration(e, p, record)
		return
	}
	e.objects++
	p.domain.objects++
	switch {
	case len(p.within) == 0:
		e.root = true
		if g, ok := entries.GUIDOf(entryOf(record)); ok {
			p.domain.guid = g
		}
	case inside(p.within, rtcOldName):
		if len(p.within) == len(rtcOldName) {
			e.rtcOld, p.domain.rtcOld = true, string(record.DN)
		}
		p.domain.noteHosts(record)
	}
}

// noteConfiguration takes a record of the configuration partition.
func (s *survey) noteConfiguration(e *extent, p place, record *ldif.Record) {
	d := p.domain
	is := func(name string) bool { return len(p.within) == len(name) && inside(p.within, name) }
	switch {
	case is(configurationName):
		e.configuration = true
	case is(servicesName):
		e.services = true
	case is(partitionsName):
		e.partitions = true
		for _, v := range valuesOf(record, "uPNSuffixes") {
			if !slices.Contains(d.suffixes, string(v)) {
				d.suffixes = append(d.suffixes, string(v))
			}
		}
	case is(rtcName):
		e.rtc, d.rtc = true, string(record.DN)
	case is(exchangeName):
		e.exchange = true
	case p.schema:
		d.noteSchema(p, record)
	case inside(p.within, partitionsName):
		d.noteCrossRef(record)
	}
	if inside(p.within, rtcName) {
		d.noteHosts(record)
	}
	d.services = d.services || inside(p.within, servicesName)
}

// ntdsDomain is the bit of a cross reference's systemFlags that tells domains from other partitions.
const ntdsDomain = 0x2

// maxCrossRefs bounds how many partitions of a forest are looked at.
const maxCrossRefs = 10_000

func (d *domain) noteCrossRef(record *ldif.Record) {
	c := crossRef{
		dns: strings.ToLower(textOf(record, "dnsRoot")), context: textOf(record, "nCName"), netBIOS: textOf(record, "nETBIOSName"),
	}
	twice := slices.ContainsFunc(d.crossRefs, func(known crossRef) bool { return known.context == c.context })
	if c.context == "" || twice || len(d.crossRefs) >= maxCrossRefs {
		return
	}
	c.isDomain = c.netBIOS != "" // only domains have one
	if text := textOf(record, "systemFlags"); text != "" {
		flags, err := strconv.ParseInt(text, 10, 64)
		c.isDomain = err == nil && flags&ntdsDomain != 0
	}
	if c.dns == "" {
		c.dns = directory.DomainOf(c.context)
	}
	d.crossRefs = append(d.crossRefs, c)
}

// noteSchema takes a record of the schema partition: the names of the attributes, and the versions of products' extensions.
func (d *domain) noteSchema(p place, record *ldif.Record) {
	name := textOf(record, "lDAPDisplayName")
	if name != "" {
		if d.schema == nil {
			d.schema = map[string]bool{}
		}
		d.schema[strings.ToLower(name)] = true
	}
	version, err := strconv.ParseInt(textOf(record, "rangeUpper"), 10, 64)
	if err != nil {
		return
	}
	first, _, _ := bytes.Cut(p.within, []byte(","))
	switch strings.ToLower(string(first)) {
	case "cn=ms-rtc-sip-schemaversion":
		d.rtcSchema = version
	case "cn=ms-exch-schema-version-pt":
		d.exchSchema = version
	}
}

// maxHosts bounds how many computers are looked for.
const maxHosts = 100_000

// serverDepth is how far below its computer a server of Skype for Business may stand.
const serverDepth = 3

// noteHosts remembers the computers that a record of the RTC Service container names.
func (d *domain) noteHosts(record *ldif.Record) {
	note := func(key string) {
		if d.hosts == nil {
			d.hosts = map[string]bool{}
		}
		if key != "" && len(d.hosts) < maxHosts {
			d.hosts[key] = true
		}
	}
	for _, attribute := range []string{"dNSHostName", "msRTCSIP-TrustedServerFQDN"} {
		for _, v := range valuesOf(record, attribute) {
			note(hostKey(string(v)))
		}
	}
	for _, v := range valuesOf(record, "msRTCSIP-FrontEndServers") {
		dn, err := directory.ParseDN(string(v))
		for range serverDepth + 1 {
			if err == nil && dn.Len() > 0 {
				note(nameKey(dn.String()))
				dn = dn.Parent()
			}
		}
	}
}

// hostKey is what computers are compared by when they are named by their DNS name, nameKey when by their distinguished name.
func hostKey(host string) string { return strings.ToLower(host) }

func nameKey(dn string) string { return directory.DNKey(dn) }

// noteRoot takes the record of a server itself, whose name is empty.
func (s *survey) noteRoot(record *ldif.Record) {
	of := func(attribute string) *domain {
		if p := s.domains.locate([]byte(textOf(record, attribute))); p.domain != nil && len(p.within) == 0 {
			return p.domain
		}
		return nil
	}
	r := rootDSE{rootDomain: of("rootDomainNamingContext"), domain: of("defaultNamingContext"), host: textOf(record, "dnsHostName")}
	if r.rootDomain != nil && r.domain != nil {
		s.roots = append(s.roots, r)
	}
}

// entryOf gives a record as an entry, without copying values.
func entryOf(record *ldif.Record) entries.Entry {
	return appendEntry(nil, record)
}

func appendEntry(into []entries.Attribute, record *ldif.Record) entries.Entry {
	for _, a := range record.Attributes {
		into = append(into, entries.Attribute(a))
	}
	return entries.Entry{DN: record.DN, Attributes: into}
}

// valuesOf gives the values of an attribute, whatever the case of its name.
func valuesOf(record *ldif.Record, attribute string) [][]byte {
	for i := range record.Attributes {
		a := &record.Attributes[i]
		if len(a.Name) == len(attribute) && strings.EqualFold(string(a.Name), attribute) {
			return a.Values
		}
	}
	return nil
}

// textOf gives the first value of an attribute, "" when there is none.
func textOf(record *ldif.Record, attribute string) string {
	if v := valuesOf(record, attribute); len(v) > 0 {
		return string(v[0])
	}
	return ""
}
