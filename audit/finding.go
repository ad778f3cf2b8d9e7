package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// Finding is one fault on one subject.
type Finding struct {
	Rule      *Rule
	Variant   string
	Severity  Severity // 0 in a report by a rule: the variant's
	Subject   Subject
	Related   []Subject
	Attribute string // LDAP or Graph name of what is wrong, "" when it is no single one
	Value     string // its value
	Args      []Arg  // what the message's placeholders stand for
	Evidence  []Fact // what was seen

	tenant string // whose user is meant, of a person who is in several tenants; part of the fingerprint then
}

// Arg is a named argument of a message. Value is a string, int, []string or time.Time.
type Arg struct {
	Name  string
	Value any
}

// Str makes a text argument; Num, List and At make the others.
func Str(name, value string) Arg { return Arg{name, value} }

// Num makes a number argument.
func Num(name string, value int) Arg { return Arg{name, value} }

// List makes an argument with several values.
func List(name string, values []string) Arg { return Arg{name, values} }

// At makes a time argument.
func At(name string, value time.Time) Arg { return Arg{name, value.UTC()} }

// Fact is a piece of evidence: the values of an attribute of the subject, or of the related object whose key Of names.
type Fact struct {
	Of     string
	Name   string
	Values []string
}

// Arg gives the argument of that name, nil when there is none.
func (f *Finding) Arg(name string) any {
	for _, a := range f.Args {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

// Fingerprint identifies a finding from run to run: the first 32 hex digits of SHA-256 over rule id, variant, subject key and the identifying arguments,
// each preceded by its length as eight bytes. Severity and wording are no part of it.
func (f *Finding) Fingerprint() string {
	h := sha256.New()
	put := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		_, _ = h.Write(n[:]) // a hash never fails
		_, _ = h.Write([]byte(s))
	}
	put(f.Rule.ID)
	put(f.Variant)
	put(f.Subject.Key)
	for _, name := range f.Rule.Identity {
		put(text(f.Arg(name)))
	}
	if f.tenant != "" {
		put(f.tenant)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// text is the language-neutral form of an argument.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return v.Format(time.RFC3339)
	case []string:
		return strings.Join(v, "\x00")
	}
	return fmt.Sprint(v)
}

// Subject is what a finding is about.
type Subject struct {
	Kind string // one of the keys of the catalogue's section kind: ad.user, tenant.group, number, …
	Key  string // objectGUID or Graph id, a domain in A-label form, a dataset's name
	Name string
	DN   string
	UPN  string
	// Source is the forest or tenant it belongs to.
	Source string
	// Department helps to find who must act.
	Department string
}

var adKinds = map[evidence.Dataset]string{evidence.ADUsers: "ad.user", evidence.ADContacts: "ad.contact", evidence.ADGroups: "ad.group"}

// ADSubject makes a subject of a directory object.
func ADSubject(o evidence.ADObject) Subject {
	name := o.DisplayName()
	if name == "" {
		name = o.SAMAccountName()
	}
	if name == "" {
		if dn, err := directory.ParseDN(o.DN()); err == nil && dn.Len() > 0 {
			name = dn.Name()
		}
	}
	return Subject{Kind: adKinds[o.Dataset()], Key: o.GUID().String(), Name: name, DN: o.DN(), UPN: o.UPN(), Source: o.Forest(), Department: o.Department()}
}

// TenantSubject makes a subject of a tenant user.
func TenantSubject(u evidence.TenantUser) Subject {
	name := u.DisplayName()
	if name == "" {
		name = u.UPN()
	}
	return Subject{Kind: "tenant.user", Key: u.ID().String(), Name: name, DN: u.OnPremDN(), UPN: u.UPN(), Source: u.Tenant(), Department: u.Department()}
}

// RecipientSubject makes a subject of a group or organisational contact of the tenant.
func RecipientSubject(r evidence.Recipient) Subject {
	kind := "tenant.contact"
	if r.Group() {
		kind = "tenant.group"
	}
	return Subject{Kind: kind, Key: r.ID().String(), Name: cmp.Or(r.DisplayName(), r.Mail(), r.ID().String()), Source: r.Tenant()}
}

// DeletedSubject makes a subject of a user that the tenant keeps after deletion. Its name says so.
func DeletedSubject(u evidence.DeletedUser) Subject {
	return Subject{Kind: "tenant.user", Key: u.ID().String(), Name: cmp.Or(u.DisplayName(), u.FormerUPN()) + " (deleted)", UPN: u.FormerUPN(), Source: u.Tenant()}
}

// NumberSubject makes a subject of a telephone number of a tenant, in the form +81312345678 with or without ;ext=.
func NumberSubject(number, tenant string) Subject {
	return Subject{Kind: "number", Key: number, Name: number, Source: tenant}
}

// DomainSubject makes a subject of a domain name.
func DomainSubject(domain string) Subject {
	key := address.DomainKey(domain)
	return Subject{Kind: "domain", Key: key, Name: key}
}

// SKUSubject makes a subject of a subscription.
func SKUSubject(s evidence.SKU) Subject {
	return Subject{Kind: "sku", Key: s.ID().String(), Name: s.PartNumber(), Source: s.Tenant()}
}

// PoolSubject makes a subject of a Skype for Business pool.
func PoolSubject(p evidence.Pool) Subject {
	name := p.Host()
	if name == "" {
		name = p.DN()
	}
	return Subject{Kind: "ad.pool", Key: p.GUID().String(), Name: name, DN: p.DN(), Source: p.Forest()}
}

// HostSubject makes a subject of a host that is reached at a TCP port.
func HostSubject(host string, port int) Subject {
	key := strings.ToLower(host) + ":" + strconv.Itoa(port)
	return Subject{Kind: "host", Key: key, Name: key}
}

// ServiceSubject makes a subject of a service of a tenant by the id that Graph gives it, or its name where there is no id.
func ServiceSubject(id, name, tenant string) Subject {
	return Subject{Kind: "service", Key: strings.ToLower(cmp.Or(id, name)), Name: cmp.Or(name, id), Source: tenant}
}

// EntrySubject makes a subject of an account that was read as a plain directory entry.
func EntrySubject(e evidence.Entry) Subject {
	return Subject{Kind: "ad.user", Key: e.GUID().String(), Name: cmp.Or(e.Text("sAMAccountName"), e.Name()), DN: e.DN(), Source: e.Forest()}
}

// ServerSubject makes a subject of a server by its DNS name: a domain controller, a server of the topology.
func ServerSubject(host, forest string) Subject {
	key := strings.ToLower(host)
	return Subject{Kind: "ad.server", Key: key, Name: key, Source: forest}
}

// ForestSubject makes a subject of a forest by its DNS name.
func ForestSubject(forest string) Subject {
	key := strings.ToLower(forest)
	return Subject{Kind: "forest", Key: key, Name: key, Source: forest}
}

// TenantItself makes a subject of a tenant.
func TenantItself(o evidence.Organization) Subject {
	return Subject{Kind: "tenant", Key: o.ID().String(), Name: o.Name(), Source: o.Tenant()}
}

// DatasetSubject makes a subject of a dataset.
func DatasetSubject(d evidence.Dataset) Subject {
	return Subject{Kind: "dataset", Key: string(d), Name: string(d)}
}

// ADFacts reads attributes of a directory object as evidence; absent ones are left out. of is "" for the subject and the object's key for a related one.
func ADFacts(of string, o evidence.ADObject, attributes ...string) []Fact {
	var facts []Fact
	for _, name := range attributes {
		if v := o.Attribute(name); len(v) > 0 {
			facts = append(facts, Fact{of, name, v})
		}
	}
	return facts
}

// TenantFacts reads properties of a tenant user as evidence; absent ones are left out.
func TenantFacts(of string, u evidence.TenantUser, properties ...string) []Fact {
	var facts []Fact
	for _, name := range properties {
		if v := u.Attribute(name); len(v) > 0 {
			facts = append(facts, Fact{of, name, v})
		}
	}
	return facts
}

// HolderFacts is what a reader needs to decide between the holders of a conflict: class, enabled state, last change, and the attributes in question.
func HolderFacts(o evidence.ADObject, attributes ...string) []Fact {
	return ADFacts(o.GUID().String(), o, slices.Concat([]string{"userAccountControl", "whenChanged"}, attributes)...)
}
