package plant

import (
	"bytes"
	"encoding/json"
	"slices"

	"hybridaudit/sources/lab"
)

// subsidiaryPeople is how many work there.
const subsidiaryPeople = 24

// is tells whether the organisation has what makes a variant.
func (o Options) is(variant string) bool {
	return o.Variant == variant || o.Variant == Subsidiary && (variant == NoServer || variant == SyncOff)
}

// noServer tells whether no server is left, or never was one.
func (o Options) noServer() bool { return o.is(NoServer) || o.Variant == Cloud }

func (b *builder) noServer() bool { return Options{Variant: b.variant}.noServer() }

func (o Options) withSubsidiary() bool { return o.Variant == Default && !o.Loadable && !o.Alone }

// addSubsidiary puts the second organisation beside the default one, when faults are asked for that only it can have.
func (o Options) addSubsidiary(org *lab.Organisation) error {
	if !o.withSubsidiary() {
		return nil
	}
	var only []string
	if len(o.Only) > 0 {
		only = slices.DeleteFunc(slices.Clone(o.Only), func(id string) bool { return !o.onlyBeside(id) })
		if len(only) == 0 {
			return nil
		}
	}
	second, err := New(Options{People: subsidiaryPeople, Seed: ^o.Seed, Now: o.Now, Variant: Subsidiary, Only: only, NoExports: o.NoExports, NoNetwork: o.NoNetwork, beside: true})
	if err != nil {
		return err
	}
	org.Subsidiary = &second
	org.Truth = append(org.Truth, second.Truth...)
	sortTruth(org.Truth)
	return nil
}

// onlyBeside says that a rule's faults can be planted in the subsidiary alone.
func (o Options) onlyBeside(ruleID string) bool {
	beside := o
	beside.Variant, beside.beside = Subsidiary, true
	return slices.ContainsFunc(plants(), func(p plant) bool { return p.rule == ruleID && !p.clean && p.fits(beside) && !p.fits(o) })
}

// newNames are put in place of the old ones in everything that the subsidiary holds. The new ones are as long as the old ones, so that nothing else changes.
func newNames() [][2]string {
	return [][2]string{
		{"contoso", "wingtip"}, {"Contoso", "Wingtip"}, {"CONTOSO", "WINGTIP"},
		{"fabrikam", "tailspin"}, {"Fabrikam", "Tailspin"}, {"FABRIKAM", "TAILSPIN"},
		{"+8134", "+8166"}, {"+4420", "+4429"}, // telephone numbers are given once in the world
	}
}

// renamed gives an organisation of the planter the names of the subsidiary.
func renamed(org lab.Organisation) lab.Organisation {
	text := func(s string) string { return string(rename([]byte(s))) }
	d := &org.Directory
	d.ForestName, d.NetBIOSName, d.DCHost, d.BaseDN = text(d.ForestName), text(d.NetBIOSName), text(d.DCHost), text(d.BaseDN)
	for i, e := range d.Entries {
		attributes := slices.Clone(e.Attributes)
		for j, a := range attributes {
			values := make([][]byte, len(a.Values))
			for k, v := range a.Values {
				values[k] = rename(v)
			}
			attributes[j].Values = values
		}
		d.Entries[i] = lab.Entry{DN: text(e.DN), Attributes: attributes}
	}
	for i, c := range org.Tenant.Collections {
		objects := make([]json.RawMessage, len(c.Objects))
		for j, o := range c.Objects {
			objects[j] = rename(o)
		}
		org.Tenant.Collections[i] = lab.Collection{Path: text(c.Path), Objects: objects}
	}
	for i, e := range org.Exports {
		for j, o := range e.Objects {
			org.Exports[i].Objects[j] = rename(o)
		}
	}
	refused := make(map[string]string, len(org.Tenant.Refused))
	for path, code := range org.Tenant.Refused {
		refused[text(path)] = code
	}
	org.Tenant.Refused = refused
	org.Network = renamedNetwork(org.Network, text)
	for i := range org.Truth {
		org.Truth[i].Key = text(org.Truth[i].Key)
	}
	return org
}

func rename(b []byte) []byte {
	b = slices.Clone(b)
	for _, n := range newNames() {
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(n[0]))
			if i < 0 {
				break
			}
			at += i + copy(b[at+i:], n[1])
		}
	}
	return b
}
