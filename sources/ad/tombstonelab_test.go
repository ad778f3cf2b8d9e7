package ad

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// What estates with tombstones have in the way of policy.
const (
	passwordAge  = 90 * 24 * time.Hour
	lockoutTime  = 30 * time.Minute
	keptDays     = 180
	deletedIn    = "CN=Deleted Objects,"
	settingsIn   = "CN=Password Settings Container,CN=System,"
	recycleBinDN = "CN=Recycle Bin Feature,CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services," + testConfig
)

// buried is a deleted object and who named it.
type buried struct {
	entry lab.Entry
	named map[string]string // the attribute that named it, by objectGUID
}

// newKeeper is an estate whose domain controllers keep tombstones and show them, and all that catching up wants to know besides.
func newKeeper(users, subUsers int) *estate {
	e := newEstate(users, subUsers)
	e.keeps = true
	e.root.Schema = append(slices.Clone(e.root.Schema), "homeMDB")
	services := "CN=Services," + testConfig
	for _, h := range []half{{&e.root, &e.rootUSN}, {&e.sub, &e.subUSN}} {
		base := h.d.BaseDN
		head := entry(base, "top,domain,domainDNS", "maxPwdAge", strconv.FormatInt(-int64(passwordAge/100), 10))
		replace(&head, "objectGUID", string(h.d.DomainGUID[:]))
		grave := entry("CN=Old\\0ADEL:0,"+deletedIn+base, "top,person,organizationalPerson,contact", "isDeleted", "TRUE", "isRecycled", "TRUE")
		h.d.Entries = append(h.d.Entries, head, entry("CN=System,"+base, "top,container"), entry(settingsIn+base, "top,msDS-PasswordSettingsContainer"),
			entry(deletedIn+base, "top,container", "isDeleted", "TRUE"), grave)
		if h.d == &e.root {
			h.d.Entries = append(h.d.Entries, entry("CN=Windows NT,"+services, "top,container"),
				entry("CN=Directory Service,CN=Windows NT,"+services, "top,nTDSService", "tombstoneLifetime", strconv.Itoa(keptDays)))
		}
		for i := range h.d.Entries {
			one := &h.d.Entries[i]
			for _, name := range []string{"uSNChanged", "uSNCreated"} {
				if len(one.Values(name)) == 0 {
					replace(one, name, "60000")
				}
			}
			h.note(one.DN, attributeName)
			h.remember(one.DN, attributeName, 60_000)
			if i := i % 120; len(one.Values("pwdLastSet")) > 0 {
				replace(one, "pwdLastSet", strconv.FormatInt(fileTime(e.now.Add(-time.Duration(i)*24*time.Hour-5*time.Hour)), 10))
			}
		}
	}
	e.pass(0)
	return e
}

// pass lets time go by: passwords expire and lockouts end, which leaves no trace.
func (e *estate) pass(d time.Duration) {
	e.now = e.now.Add(d)
	for _, entries := range [][]lab.Entry{e.root.Entries, e.sub.Entries} {
		for i := range entries {
			one := &entries[i]
			if len(one.Values("pwdLastSet")) == 0 {
				continue
			}
			number := func(name string) int64 {
				n, _ := strconv.ParseInt(string(slices.Concat(one.Values(name)...)), 10, 64)
				return n
			}
			computed := int64(0)
			if at := number("lockoutTime"); at != 0 && fileTime(e.now)-at < int64(lockoutTime/100) {
				computed |= lockedOut
			}
			if set := number("pwdLastSet"); number("userAccountControl")&neverExpires == 0 && (set == 0 || fileTime(e.now)-set > int64(passwordAge/100)) {
				computed |= passwordExpired
			}
			replace(one, computedControl, strconv.FormatInt(computed, 10))
		}
	}
}

// note stamps an attribute in the metadata of an object with the counter as it is.
func (h half) note(dn string, attribute uint32) { h.remember(dn, attribute, *h.usn) }

func (h half) remember(dn string, attribute uint32, usn int64) {
	one := &h.d.Entries[h.at(dn)]
	m, _ := parseMetaData(slices.Concat(one.Values("replPropertyMetaData")...))
	if m == nil {
		m = metaData{}
	}
	m[attribute] = usn
	replace(one, "replPropertyMetaData", string(metaDataBytes(m)))
}

// metaDataBytes writes metadata as a domain controller keeps it.
func metaDataBytes(m metaData) []byte {
	b := binary.LittleEndian.AppendUint64(nil, 1)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(m)))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		b = binary.LittleEndian.AppendUint32(b, id)
		b = append(b, make([]byte, 4+8+16+8)...)
		b = binary.LittleEndian.AppendUint64(b, uint64(m[id]))
	}
	return b
}

// bury makes a tombstone of an object.
func (e *estate) bury(h half, one lab.Entry) {
	guid := string(slices.Concat(one.Values("objectGUID")...))
	kept := buried{one, map[string]string{}}
	for _, other := range [][]lab.Entry{e.root.Entries, e.sub.Entries} {
		for i := range other {
			for _, link := range []string{"manager", "member"} {
				if slices.ContainsFunc(other[i].Values(link), func(v []byte) bool { return string(v) == one.DN }) {
					kept.named[string(slices.Concat(other[i].Values("objectGUID")...))] = link
				}
			}
		}
	}
	e.buried = append(e.buried, kept)
	name, parent, _ := strings.Cut(one.DN, ",")
	grave := lab.Entry{DN: fmt.Sprintf("%s\\0ADEL:%x,%s%s", name, guid, deletedIn, h.d.BaseDN)}
	for _, a := range one.Attributes {
		if slices.Contains([]string{"objectClass", "objectGUID", "objectSid", "uSNCreated", "replPropertyMetaData", "sAMAccountName"}, a.Name) {
			grave.Attributes = append(grave.Attributes, a)
		}
	}
	grave.Attributes = append(grave.Attributes, values("isDeleted", "TRUE"), values("lastKnownParent", parent))
	h.d.Entries = append(h.d.Entries, grave)
	h.stamp(grave.DN)
	h.note(grave.DN, attributeName)
	h.note(grave.DN, attributeDeleted)
}

// emigrated leaves the trace that a domain controller keeps of an object that went to another domain.
func (e *estate) emigrated(h half) {
	*h.usn++
	proxy := entry(fmt.Sprintf("CN=proxy %d\\0ADEL:1,%s%s", *h.usn, deletedIn, h.d.BaseDN), "top,infrastructureUpdate", "isDeleted", "TRUE",
		"uSNCreated", strconv.FormatInt(*h.usn, 10))
	h.d.Entries = append(h.d.Entries, proxy)
	h.stamp(proxy.DN)
}

// restore brings a deleted object back, from the recycle bin with the links to it. It says whether there is one that can be.
func (e *estate) restore(at int) bool {
	one := e.buried[at]
	guid := slices.Concat(one.entry.Values("objectGUID")...)
	h := e.of(one.entry.DN)
	grave := slices.IndexFunc(h.d.Entries, func(e lab.Entry) bool {
		return strings.Contains(e.DN, deletedIn) && string(slices.Concat(e.Values("objectGUID")...)) == string(guid)
	})
	_, parent, _ := strings.Cut(one.entry.DN, ",")
	if grave < 0 || h.at(one.entry.DN) >= 0 || h.at(parent) < 0 {
		return false
	}
	h.d.Entries = slices.Delete(slices.Clone(h.d.Entries), grave, grave+1)
	h.d.Entries = append(h.d.Entries, one.entry)
	h.stamp(one.entry.DN)
	h.note(one.entry.DN, attributeName)
	h.note(one.entry.DN, attributeDeleted)
	for _, other := range [][]lab.Entry{e.root.Entries, e.sub.Entries} {
		for i := range other {
			link := one.named[string(slices.Concat(other[i].Values("objectGUID")...))]
			if !e.bin || link == "" || link == "manager" && len(other[i].Values(link)) > 0 || strings.Contains(other[i].DN, deletedIn) {
				continue
			}
			texts := []string{one.entry.DN}
			for _, v := range other[i].Values(link) {
				texts = append(texts, string(v))
			}
			replace(&other[i], link, texts...)
		}
	}
	return true
}

// recycling turns the recycle bin on.
func (e *estate) recycling() *estate {
	e.bin = true
	e.of(testBase).silently("CN=Partitions,"+testConfig, "msDS-EnabledFeature", recycleBinDN)
	return e
}

// hiding keeps deleted objects out of sight.
func (e *estate) hiding() *estate {
	hidden := func(base string) []ldaplab.Fault {
		return []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"CN=Deleted Objects," + base}}}
	}
	e.rootFault, e.subFault = hidden(testBase), hidden(emeaBase)
	return e
}
