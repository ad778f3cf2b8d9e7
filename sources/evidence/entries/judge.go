package entries

import (
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// hiddenShare is the part of a dataset's objects, in percent, that must lack an attribute that each of them has before the attribute counts as refused. Below
// it, single protected objects are the more likely reason, and a note says so.
const hiddenShare = 5

// companionRows is how many objects must have an attribute before the complete absence of the one that goes with it counts as refused.
const companionRows = 20

// everyObjectHas lists the attributes that a domain controller keeps on each object of a dataset, so that their absence means that they may not be read.
func everyObjectHas(d evidence.Dataset) []string {
	switch d {
	case evidence.ADUsers:
		return []string{
			"objectClass", "objectSid", "sAMAccountName", "userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires", "pwdLastSet", "whenCreated",
			"whenChanged",
		}
	case evidence.ADGroups:
		return []string{"objectClass", "objectSid", "sAMAccountName", "whenCreated", "whenChanged"}
	}
	return []string{"objectClass", "whenCreated", "whenChanged"}
}

// companions lists attributes that some object must have when many objects have the one they go with: products write them together.
func companions() map[string][]string {
	return map[string][]string{
		"msRTCSIP-PrimaryUserAddress": {"msRTCSIP-UserEnabled"},
		"msRTCSIP-UserEnabled":        {"msRTCSIP-PrimaryUserAddress"},
		"msRTCSIP-DeploymentLocator":  {"msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled"},
		"msRTCSIP-OptionFlags":        {"msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled"},
		"proxyAddresses":              {"msExchRecipientTypeDetails", "mailNickname"},
		"mailNickname":                {"msExchRecipientTypeDetails"},
		"msExchRecipientTypeDetails":  {"mailNickname"},
	}
}

// Judge adds to the coverage what the entries lacked: to Missing the attributes that were refused or cut, to Notes what else was left out. absent lists
// wanted attributes that the directory cannot have given because its schema does not know them. The errors tell of objects that could not be stored at all.
func (w *Writer) Judge(c *evidence.Coverage, absent []string) []error {
	missing, notes := w.refused(absent)
	for _, name := range missing {
		if !slices.Contains(c.Missing, name) {
			c.Missing = append(c.Missing, name)
		}
	}
	slices.Sort(c.Missing)
	c.Notes = append(c.Notes, w.tally.notes()...)
	c.Notes = append(c.Notes, notes...)
	if unused := w.unused(c.Missing, absent); len(unused) > 0 && w.Rows() > 0 && w.dataset == evidence.ADUsers {
		c.Notes = append(c.Notes, "no object holds, or none shows: "+strings.Join(unused, ", "))
	}
	if n := w.tally.nameless; n > 0 {
		return []error{fmt.Errorf("%d objects show no objectGUID and were left out", n)}
	}
	return nil
}

// refused tells which attributes the account may not read. A domain controller does not say so, it leaves them out; what it cannot have left out for want
// of values was refused. notes name attributes that only some objects hide.
func (w *Writer) refused(absent []string) (missing, notes []string) {
	rows := w.Rows()
	if rows == 0 {
		return nil, nil
	}
	count := func(name string) (int, bool) {
		if name == guidName || name == "distinguishedName" {
			return rows, true
		}
		i := slices.IndexFunc(w.wanted, func(f field) bool { return f.name == name })
		if i < 0 {
			return 0, false
		}
		return w.rows[w.wanted[i].column], !slices.Contains(absent, name)
	}
	for _, name := range everyObjectHas(w.dataset) {
		have, asked := count(name)
		if lacking := rows - have; asked && lacking*100 >= hiddenShare*rows && lacking > 0 {
			missing = append(missing, name)
		} else if asked && lacking > 0 {
			notes = append(notes, fmt.Sprintf("%s could not be read of %d objects", name, lacking))
		}
	}
	for name, others := range companions() {
		have, asked := count(name)
		if !asked || have > 0 {
			continue
		}
		for _, other := range others {
			if n, _ := count(other); n >= companionRows && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	for name := range w.tally.cut {
		if !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return missing, notes
}

// unused lists the attributes that the schema knows and no object holds. Nothing tells whether nobody has them or the account may not read them.
func (w *Writer) unused(missing, absent []string) []string {
	var names []string
	for _, f := range w.wanted {
		if w.rows[f.column] == 0 && !slices.Contains(missing, f.name) && !slices.Contains(absent, f.name) {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return names
}
