package ldaplab

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// schema is what the server knows of attributes, by lower-case name.
type schema struct {
	kinds map[string]attributeKind
}

// newSchema holds the attributes that every forest has, those that the entries use, and those that the directory lists beyond them.
func newSchema(forest []lab.Directory) schema {
	known := parseAttributeList()
	s := schema{kinds: map[string]attributeKind{}}
	for key, kind := range known {
		if !kind.product {
			s.kinds[key] = kind
		}
	}
	for _, d := range forest {
		for _, name := range d.Schema {
			s.add(known, name, false)
		}
		for _, e := range d.Entries {
			for _, a := range e.Attributes {
				s.add(known, a.Name, len(a.Values) > 1)
			}
		}
	}
	return s
}

func (s schema) add(known map[string]attributeKind, name string, several bool) {
	key := strings.ToLower(name)
	kind, ok := s.kinds[key]
	if !ok {
		if kind, ok = known[key]; !ok {
			kind = attributeKind{name: name}
		}
	}
	kind.multi = kind.multi || several
	s.kinds[key] = kind
}

// kind gives what the schema says about an attribute; options behind a semicolon do not count.
func (s schema) kind(name string) (attributeKind, bool) {
	base, _, _ := strings.Cut(name, ";")
	k, ok := s.kinds[strings.ToLower(base)]
	return k, ok
}

// entries are the objects of the schema partition, its head first.
func (s schema) entries(head string) []lab.Entry {
	out := []lab.Entry{made(head, "top,dMD", "CN=DMD,"+head, "cn", "Schema")}
	names := make([]string, 0, len(s.kinds))
	for key := range s.kinds {
		names = append(names, key)
	}
	slices.Sort(names)
	for _, key := range names {
		k := s.kinds[key]
		dn := "CN=" + directory.EscapeRDN(k.name) + "," + head
		flags := "0"
		switch {
		case k.constructed:
			flags = "4"
		case slices.Contains(notReplicated, k.name):
			flags = "1"
		}
		pairs := []string{
			"cn", k.name, "lDAPDisplayName", k.name, "attributeSyntax", syntaxCodes[k.syntax][0], "oMSyntax", syntaxCodes[k.syntax][1],
			"isSingleValued", upperBool(!k.multi), "isMemberOfPartialAttributeSet", upperBool(k.global), "systemFlags", flags,
		}
		if id := linkIDs[k.name]; id != "" {
			pairs = append(pairs, "linkID", id)
		}
		out = append(out, made(dn, "top,attributeSchema", "CN=Attribute-Schema,"+head, pairs...))
	}
	return out
}

func upperBool(b bool) string { return strings.ToUpper(strconv.FormatBool(b)) }

// made builds an entry that the server itself contributes. Its GUID follows from its name.
func made(dn, classes, category string, pairs ...string) lab.Entry {
	sum := sha256.Sum256([]byte(directory.DNKey(dn)))
	name := dn
	if parsed, err := directory.ParseDN(dn); err == nil {
		name = parsed.Name()
	}
	e := lab.Entry{DN: dn, Attributes: []lab.Attribute{
		text("objectClass", strings.Split(classes, ",")...), text("distinguishedName", dn), text("objectCategory", category), text("name", name),
		{Name: "objectGUID", Values: [][]byte{sum[:16]}},
	}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Attributes = append(e.Attributes, text(pairs[i], pairs[i+1]))
	}
	return e
}

func text(name string, values ...string) lab.Attribute {
	a := lab.Attribute{Name: name}
	for _, v := range values {
		a.Values = append(a.Values, []byte(v))
	}
	return a
}

// completed gives the entries that the server holds: those of its domain and of the configuration partition, and of the other domains when it is a global
// catalog. It adds what each forest has and the directories leave out: the heads of the naming contexts, CN=Services and CN=Partitions with its cross
// references. What a directory brings stays as it is.
func completed(forest []lab.Directory, own lab.Directory, catalog bool, s schema) []lab.Entry {
	root := forest[0]
	config := root.ConfigurationDN()
	head := "CN=Schema," + config
	var first, rest []lab.Entry
	for _, d := range forest {
		held := catalog || d.BaseDN == own.BaseDN
		if held {
			first = append(first, domainEntries(d, head, catalog)...)
		}
		for _, e := range d.Entries {
			if held || d.BaseDN == root.BaseDN && within(e.DN, config) {
				rest = append(rest, e)
			}
		}
	}
	first = append(append(first, forestEntries(forest, config, head)...), s.entries(head)...)
	have := map[string]bool{}
	for _, e := range rest {
		have[directory.DNKey(e.DN)] = true
	}
	first = slices.DeleteFunc(first, func(e lab.Entry) bool { return have[directory.DNKey(e.DN)] })
	return append(first, rest...)
}

// within says whether a name is another or lies below it.
func within(dn, head string) bool {
	a, err := directory.ParseDN(dn)
	b, errHead := directory.ParseDN(head)
	return err == nil && errHead == nil && (a.Equal(b) || a.Below(b))
}

// domainEntries are the heads of a domain's naming contexts. A global catalog holds no zones.
func domainEntries(d lab.Directory, schemaDN string, catalog bool) []lab.Entry {
	class := "CN=Domain-DNS," + schemaDN
	domain := made(d.BaseDN, "top,domain,domainDNS", class)
	domain.Attributes = slices.DeleteFunc(domain.Attributes, func(a lab.Attribute) bool { return a.Name == "objectGUID" })
	domain.Attributes = append(domain.Attributes, lab.Attribute{Name: "objectGUID", Values: [][]byte{d.DomainGUID[:]}})
	if catalog {
		return []lab.Entry{domain}
	}
	return []lab.Entry{
		domain,
		made("DC=DomainDnsZones,"+d.BaseDN, "top,domain,domainDNS", class),
		made("DC=ForestDnsZones,"+d.BaseDN, "top,domain,domainDNS", class),
	}
}

// forestEntries are the configuration partition: one site with a domain controller of each domain, and the partitions.
func forestEntries(forest []lab.Directory, config, head string) []lab.Entry {
	root := forest[0]
	class := func(name string) string { return "CN=" + name + "," + head }
	partitions := "CN=Partitions," + config
	reference := func(cn, context, dns, flags string, more ...string) lab.Entry {
		return made("CN="+directory.EscapeRDN(cn)+","+partitions, "top,crossRef", class("Cross-Ref"),
			append([]string{"cn", cn, "nCName", context, "dnsRoot", dns, "systemFlags", flags}, more...)...)
	}
	out := []lab.Entry{
		made(config, "top,configuration", class("Configuration"), "cn", "Configuration"),
		made("CN=Sites,"+config, "top,sitesContainer", class("Sites-Container"), "cn", "Sites"),
		made("CN=Default-First-Site-Name,CN=Sites,"+config, "top,site", class("Site"), "cn", "Default-First-Site-Name"),
		made("CN=Servers,CN=Default-First-Site-Name,CN=Sites,"+config, "top,serversContainer", class("Servers-Container"), "cn", "Servers"),
		made("CN=Services,"+config, "top,container", class("Container"), "cn", "Services"),
		made(partitions, "top,crossRefContainer", class("Cross-Ref-Container"), "cn", "Partitions"),
	}
	for _, d := range forest {
		server := "CN=" + dcName(d) + ",CN=Servers,CN=Default-First-Site-Name,CN=Sites," + config
		settings := made("CN=NTDS Settings,"+server, "top,applicationSettings,nTDSDSA", class("NTDS-DSA"), "cn", "NTDS Settings")
		settings.Attributes = append(settings.Attributes, lab.Attribute{Name: "invocationId", Values: [][]byte{d.InvocationID[:]}})
		out = append(out, made(server, "top,server", class("Server"), "cn", dcName(d), "dNSHostName", d.DCHost), settings,
			reference(d.NetBIOSName, d.BaseDN, d.ForestName, "3", "nETBIOSName", d.NetBIOSName))
	}
	return append(out,
		reference("Enterprise Configuration", config, root.ForestName, "1"),
		reference("Enterprise Schema", head, root.ForestName, "1"),
		reference("DomainDnsZones", "DC=DomainDnsZones,"+root.BaseDN, "DomainDnsZones."+root.ForestName, "5"),
		reference("ForestDnsZones", "DC=ForestDnsZones,"+root.BaseDN, "ForestDnsZones."+root.ForestName, "5"),
	)
}

// dcName is the domain controller's name as its server object has it.
func dcName(d lab.Directory) string {
	host, _, _ := strings.Cut(d.DCHost, ".")
	return directory.EscapeRDN(strings.ToUpper(host))
}
