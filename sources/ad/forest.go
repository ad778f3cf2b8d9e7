package ad

import (
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// forest is what is known of the forest as a whole.
type forest struct {
	name string // DNS name of the root domain
	root string // its naming context
	guid directory.GUID

	configuration string // naming context of the configuration partition

	domains       []partition
	suffixes      []string
	rtc           string           // DN of the RTC Service container, "" when there is none
	rtcFault      *Error           // why that could not be found out
	exchange      string           // DN of the container of Exchange, "" when there is none
	exchangeFault *Error           // why that could not be found out
	versions      map[string]int64 // of the extensions of the schema, by column
	hidden        []string         // columns whose value exists and could not be read
}

// partition is a domain as the forest's list of partitions names it.
type partition struct {
	dns, context, netBIOS string
}

// oidExtendedDN is the control that gives names together with the GUIDs of what they name.
const oidExtendedDN = "1.2.840.113556.1.4.529"

// ntdsDomain is the bit of a cross reference's systemFlags that tells domains from other partitions.
const ntdsDomain = 0x2

// readForest asks one server for the facts of the forest. The faults are what could not be read; the rest stands.
func (s *session) readForest() (forest, []*Error) {
	f := forest{name: s.root.forest(), root: s.root.rootDomain, configuration: s.root.configuration}
	var faults []*Error
	keep := func(fault *Error) {
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	keep(s.readPartitions(&f))
	if f.guid.IsZero() {
		e, fault := s.base(f.root, "(objectClass=*)", []string{"objectGUID"})
		if e != nil {
			f.guid, _ = guidOf(e)
		}
		if f.guid.IsZero() && fault == nil {
			fault = &Error{Kind: Refused, Server: s.server.address, What: "the forest's GUID could not be read", Advice: "give the account the right to read the root domain's object"}
		}
		keep(fault)
	}
	f.rtc, f.rtcFault = s.findRTCService()
	keep(f.rtcFault)
	// When CN=Services is visible, so is what is in it.
	if f.exchangeFault = f.rtcFault; f.exchangeFault == nil {
		var e *ldap.Entry
		e, f.exchangeFault = s.base("CN=Microsoft Exchange,CN=Services,"+s.root.configuration, "(objectClass=*)", []string{"1.1"})
		keep(f.exchangeFault)
		if e != nil {
			f.exchange = e.DN
		}
	}
	keep(s.readSchemaVersions(&f))
	return f, faults
}

// readSchemaVersions reads how far products have extended the schema: they count in the upper bound of an attribute made for it.
func (s *session) readSchemaVersions(f *forest) *Error {
	f.versions = map[string]int64{}
	for column, name := range map[string]string{"rtcSchemaVersion": "ms-RTC-SIP-SchemaVersion", "exchangeSchemaVersion": "ms-Exch-Schema-Version-Pt"} {
		e, fault := s.base("CN="+name+","+s.root.schema, "(objectClass=*)", []string{"rangeUpper"})
		switch {
		case fault != nil:
			return fault
		case e == nil:
			continue
		}
		v, err := strconv.ParseInt(e.GetEqualFoldAttributeValue("rangeUpper"), 10, 64)
		if err != nil {
			f.hidden = append(f.hidden, column)
			continue
		}
		f.versions[column] = v
	}
	return nil
}

// readPartitions reads CN=Partitions: the additional UPN suffixes and the domains.
func (s *session) readPartitions(f *forest) *Error {
	partitions := "CN=Partitions," + s.root.configuration
	e, fault := s.base(partitions, "(objectClass=crossRefContainer)", []string{"uPNSuffixes"})
	if fault != nil {
		return fault
	}
	if e != nil {
		f.suffixes = e.GetEqualFoldAttributeValues("uPNSuffixes")
	}
	if len(f.suffixes) == 0 && s.server.catalog {
		f.hidden = append(f.hidden, "uPNSuffixes") // nothing tells whether there are any
	}
	// Without criticality a server that does not know the control gives plain names.
	extended := ldap.NewControlString(oidExtendedDN, false, extendedAsText)
	got, fault := s.search(ldap.NewSearchRequest(partitions, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, s.seconds(), false, "(objectClass=crossRef)",
		[]string{"nCName", "dnsRoot", "systemFlags", "nETBIOSName"}, []ldap.Control{extended}))
	if fault != nil {
		return fault
	}
	for _, e := range got.Entries {
		if !domainReference(e) {
			continue
		}
		context, g := splitExtendedDN(e.GetEqualFoldAttributeValue("nCName"))
		p := partition{dns: strings.ToLower(e.GetEqualFoldAttributeValue("dnsRoot")), context: context, netBIOS: e.GetEqualFoldAttributeValue("nETBIOSName")}
		if !dnsName(p.dns) {
			p.dns = directory.DomainOf(context)
		}
		f.domains = append(f.domains, p)
		if directory.DNKey(context) == directory.DNKey(f.root) {
			f.guid = g
		}
	}
	if len(f.domains) == 0 {
		return &Error{Kind: Refused, Server: s.server.address, What: "the list of the forest's domains could not be read", Advice: "give the account the right to read " + "CN=Partitions"}
	}
	return nil
}

// domainReference tells the cross references of domains from those of other partitions. A global catalog may not show their flags; only domains have a
// NetBIOS name.
func domainReference(e *ldap.Entry) bool {
	if text := e.GetEqualFoldAttributeValue("systemFlags"); text != "" {
		flags, err := strconv.ParseInt(text, 10, 64)
		return err == nil && flags&ntdsDomain != 0
	}
	return e.GetEqualFoldAttributeValue("nETBIOSName") != ""
}

// extendedAsText is the control's value, a sequence holding the number 1: GUIDs and SIDs in their text form.
const extendedAsText = "\x30\x03\x02\x01\x01"

// splitExtendedDN reads <GUID=...>;<SID=...>;DN and plain names. The GUID is zero when it is not there.
func splitExtendedDN(s string) (dn string, g directory.GUID) {
	for strings.HasPrefix(s, "<") {
		part, rest, ok := strings.Cut(s, ">;")
		if !ok {
			break
		}
		if text, is := strings.CutPrefix(part, "<GUID="); is {
			if parsed, err := directory.ParseGUID(text); err == nil {
				g = parsed
			}
		}
		s = rest
	}
	return s, g
}

// findRTCService looks for the container of Skype for Business: in the configuration partition, or where Live Communications Server put it.
// A container that may not be seen looks like one that does not exist, so its parent must be visible for the answer to count.
func (s *session) findRTCService() (string, *Error) {
	services, fault := s.base("CN=Services,"+s.root.configuration, "(objectClass=*)", []string{"1.1"})
	if fault == nil && services == nil {
		fault = &Error{
			Kind: Refused, Server: s.server.address, What: "CN=Services of the configuration partition is not visible",
			Advice: "give the account the right to read the configuration partition",
		}
	}
	if fault != nil {
		return "", fault
	}
	for _, dn := range []string{"CN=RTC Service,CN=Services," + s.root.configuration, "CN=RTC Service,CN=Microsoft,CN=System," + s.root.rootDomain} {
		e, fault := s.base(dn, "(objectClass=*)", []string{"1.1"})
		switch {
		case fault != nil && fault.Code == ldap.LDAPResultReferral:
			// The root domain lies on other servers. The older place is then out of sight, and with it a product that has been out of support for years.
			continue
		case fault != nil:
			return "", fault
		case e != nil:
			return e.DN, nil
		}
	}
	return "", nil
}

// invocation reads the invocationId of the server's database, by which evidence from two servers can be told apart; zero when it cannot be read.
func (s *session) invocation() directory.GUID {
	if s.root.service == "" {
		return directory.GUID{}
	}
	e, fault := s.base(s.root.service, "(objectClass=*)", []string{"invocationId"})
	if fault != nil || e == nil {
		return directory.GUID{}
	}
	g, _ := directory.GUIDFromBytes(e.GetEqualFoldRawAttributeValue("invocationId"))
	return g
}

// row reads what the forest's row still lacks and gives the function that makes it.
func (f forest) row(s *session) func(*evidence.Table) error {
	invocation, root := s.invocation(), s.root
	return func(t *evidence.Table) error {
		r := newRecord(t, evidence.ADForests, "forest")
		r.text("name", f.name)
		r.text("rootDomainNamingContext", f.root)
		r.text("configurationNamingContext", root.configuration)
		r.text("dnsHostName", root.host)
		r.text("uPNSuffixes", f.suffixes...)
		r.text("domains", f.names()...)
		r.text("rtcService", f.rtc)
		for name, version := range f.versions {
			r.SetInt(r.column(name), version)
		}
		if !f.guid.IsZero() {
			r.SetGUID(r.column("guid"), f.guid)
		}
		if !invocation.IsZero() {
			r.SetGUID(r.column("invocationId"), invocation)
		}
		if !root.clock.IsZero() {
			r.SetTime(r.column("currentTime"), root.clock)
		}
		if len(r.faults) > 0 {
			return r.faults[0]
		}
		return nil
	}
}

func (f forest) names() []string {
	names := make([]string, 0, len(f.domains))
	for _, d := range f.domains {
		names = append(names, d.dns)
	}
	return names
}
