package ldaplab

import (
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// rootDSE is the answer to a base search of the empty name, as complete SearchResultEntry.
func (s *Server) rootDSE(r searchRequest, t *tree) []byte {
	d := s.options.Directory
	host, _, _ := strings.Cut(d.DCHost, ".")
	schemaDN := t.schemaDN
	server := "CN=" + dcName(d) + ",CN=Servers,CN=Default-First-Site-Name,CN=Sites," + t.config
	attributes := [][]string{
		{"domainFunctionality", "7"}, {"forestFunctionality", "7"}, {"domainControllerFunctionality", "7"},
		{"rootDomainNamingContext", s.options.RootDomainDN},
		{"ldapServiceName", d.ForestName + ":" + strings.ToLower(host) + "$@" + strings.ToUpper(d.ForestName)},
		{"isGlobalCatalogReady", upperBool(s.options.Catalog)}, {"isSynchronized", "TRUE"},
		{"supportedSASLMechanisms", "GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5"},
		{"supportedLDAPPolicies", "MaxPageSize", "MaxValRange", "MaxQueryDuration", "MaxResultSetSize", "MaxReceiveBuffer"},
		{"supportedLDAPVersion", "3", "2"},
		{"supportedControl", oidPaged, oidDomainScope, oidRangeNoError, oidShowDeleted, oidShowRecycled},
		{"supportedExtension", oidStartTLS, oidWhoAmI},
		{"supportedCapabilities", "1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791", "1.2.840.113556.1.4.1935",
			"1.2.840.113556.1.4.2080", "1.2.840.113556.1.4.2237"},
		{"subschemaSubentry", "CN=Aggregate," + schemaDN},
		{"serverName", server}, {"schemaNamingContext", schemaDN},
		append([]string{"namingContexts"}, t.contexts()...),
		{"highestCommittedUSN", strconv.FormatInt(s.usn(t), 10)}, {"dsServiceName", "CN=NTDS Settings," + server}, {"dnsHostName", d.DCHost},
		{"defaultNamingContext", d.BaseDN}, {"currentTime", directory.FormatGeneralizedTime(s.options.Now().Add(d.ClockAhead))},
		{"configurationNamingContext", t.config},
	}
	var w wire
	entry := w.open(tagSearchEntry)
	w.text(tagOctets, "")
	list := w.open(tagSequence)
	for _, a := range attributes {
		if r.wants(a[0]) {
			values := text(a[0], a[1:]...).Values
			if r.typesOnly {
				values = nil
			}
			w.plain(a[0], values)
		}
	}
	w.shut(list)
	w.shut(entry)
	return w.buf
}

// usn is the highest number of a change that the server tells.
func (s *Server) usn(t *tree) int64 {
	if s.options.USN != 0 {
		return s.options.USN
	}
	return t.usn
}

// wants says whether the attribute list names an attribute.
func (r searchRequest) wants(name string) bool {
	for _, wanted := range r.attributes {
		if wanted == "*" || wanted == "+" || strings.EqualFold(wanted, name) {
			return true
		}
	}
	return len(r.attributes) == 0
}

func (t *tree) contexts() []string {
	out := make([]string, 0, len(t.heads))
	for _, head := range t.heads {
		out = append(out, t.nodes[head].dn)
	}
	return out
}
