package imports

import (
	"testing"

	"hybridaudit/sources/evidence/entries"
)

func TestFilter(t *testing.T) {
	slots := names{}
	o := &object{}
	for _, name := range []string{"objectClass", "objectCategory", "cn", "userAccountControl", "mail", "department", "manager"} {
		slots.slot(name)
	}
	o.held = [][][]byte{
		{[]byte("top"), []byte("person"), []byte("user")}, {[]byte("CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=com")}, {[]byte("Anna (Berg)*")}, {[]byte("514")}, nil, nil, nil,
	}
	o.unknown = []bool{false, false, false, false, false, true, false}
	o.some = []bool{false, false, false, false, false, false, true}
	for text, want := range map[string]tri{
		"(objectClass=*)": yes, "(OBJECTCLASS=User)": yes, "(objectClass=group)": no, "(objectCategory=person)": yes, "(objectCategory=user)": yes,
		"(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=com)": yes, "(objectCategory=computer)": no, "(mail=*)": no, "(!(mail=*))": yes,
		"(&(objectClass=user)(objectCategory=person))": yes, "(&(objectClass=user)(mail=*))": no, "(|(mail=*)(objectClass=user))": yes, "(&)": yes, "(|)": no,
		"(cn=anna \\28berg\\29\\2a)": yes, "(cn=Anna*)": yes, "(cn=*\\29*)": yes, "(cn=A*b*\\2a)": yes, "(cn=A*x*)": no, "(cn=*berg)": no, "(cn=Anna*a \\28Berg\\29\\2a)": no,
		"(userAccountControl:1.2.840.113556.1.4.803:=2)": yes, "(!(userAccountControl:1.2.840.113556.1.4.803:=2))": no, "(userAccountControl:1.2.840.113556.1.4.804:=3)": yes,
		"(userAccountControl:1.2.840.113556.1.4.803:=3)": no, "(userAccountControl>=500)": maybe, "(cn:1.2.3:=x)": maybe, "(mail>=a)": no,
		"(department=Sales)": maybe, "(department=*)": maybe, "(!(department=Sales))": maybe, "(&(department=*)(mail=*))": no, "(|(department=*)(objectClass=user))": yes,
		"(manager=*)": yes, "(manager=CN=x)": maybe, "(shoeSize=9)": maybe, " ( & (objectClass=user) ( ! (mail=*) ) ) ": yes,
	} {
		f, err := parseFilter(text, slots)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.matches(o); got != want {
			t.Errorf("%s gives %d, want %d", text, got, want)
		}
	}
	for _, text := range []string{"", "objectClass=*", "(", "(objectClass=*", "(objectClass=*))", "(=x)", "(objectClass)", "(cn=\\2)", "(cn=\\zz)", "(!(a=b)(c=d))", "(!)", "(&(a=b)x)"} {
		if _, err := parseFilter(text, slots); err == nil {
			t.Errorf("%q passes for a filter", text)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, text := range []string{entries.UserFilter, entries.GroupFilter, entries.ServiceAccountFilter, entries.ConnectionPointFilter, "(!(a=*b\\2a*c*))", "(a:1.2.840.113556.1.4.803:=2)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		slots := names{}
		parsed, err := parseFilter(text, slots)
		if err != nil {
			return
		}
		o := &object{held: make([][][]byte, len(slots))}
		for i := range o.held {
			o.held[i] = [][]byte{[]byte(text), []byte("2")}
		}
		if got := parsed.matches(o); got < no || got > yes {
			t.Errorf("answer %d", got)
		}
	})
}

// TestFiltersOfTables holds the constant filters to being filters, and each sample to being taken by the filter of its clause unless more must be known.
func TestFiltersOfTables(t *testing.T) {
	for _, table := range tables("CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com") {
		for _, c := range table.clauses {
			slots := names{}
			parsed, err := parseFilter(c.filter, slots)
			if err != nil {
				t.Errorf("%s: %v", c.filter, err)
				continue
			}
			for _, s := range c.samples {
				if parsed.matches(s.object(slots)) == no {
					t.Errorf("the filter of %s leaves out %+v", table.dataset, s)
				}
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	d := domains{spelled: map[string]*domain{}, byName: map[string]*domain{}}
	for dn, want := range map[string]struct {
		domain, within string
		config, schema bool
	}{
		"DC=contoso,DC=com":                                     {domain: "contoso.com"},
		"dc=Contoso, dc=COM":                                    {domain: "contoso.com"},
		"CN=a,OU=b,DC=contoso,DC=com":                           {domain: "contoso.com", within: "CN=a,OU=b"},
		`CN=a\,DC=x,DC=contoso,DC=com`:                          {domain: "contoso.com", within: `CN=a\,DC=x`},
		`CN=a\\,DC=x,DC=contoso,DC=com`:                         {domain: "x.contoso.com", within: `CN=a\\`},
		"CN=Configuration,DC=contoso,DC=com":                    {domain: "contoso.com", within: "CN=Configuration", config: true},
		"CN=Services,cn=configuration,DC=contoso,DC=com":        {domain: "contoso.com", within: "CN=Services,cn=configuration", config: true},
		`CN=x\,CN=Configuration,DC=contoso,DC=com`:              {domain: "contoso.com", within: `CN=x\,CN=Configuration`},
		"CN=a,CN=Schema,CN=Configuration,DC=contoso,DC=com":     {domain: "contoso.com", within: "CN=a,CN=Schema,CN=Configuration", config: true, schema: true},
		"DC=@,DC=contoso.com,CN=MicrosoftDNS,DC=contoso,DC=com": {domain: "contoso.com", within: "DC=@,DC=contoso.com,CN=MicrosoftDNS"},
		"O=elsewhere":                           {within: "O=elsewhere"},
		"":                                      {},
		"CN=SubConfiguration,DC=contoso,DC=com": {domain: "contoso.com", within: "CN=SubConfiguration"},
		"CN=Configuration,CN=Configuration,DC=emea,DC=contoso,DC=com": {domain: "emea.contoso.com", within: "CN=Configuration,CN=Configuration", config: true},
	} {
		p := d.locate([]byte(dn))
		name := ""
		if p.domain != nil {
			name = p.domain.name
		}
		if name != want.domain || string(p.within) != want.within || p.config != want.config || p.schema != want.schema {
			t.Errorf("%s lies in %s, %q, %v %v", dn, name, p.within, p.config, p.schema)
		}
	}
}
