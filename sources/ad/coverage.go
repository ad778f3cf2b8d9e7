package ad

import (
	"context"
	"errors"
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

// refusedAttributes tells which attributes the account may not read. A domain controller does not say so, it leaves them out; what it cannot have left out
// for want of values was refused. notes name attributes that only some objects hide.
func (r *reader) refusedAttributes() (missing, notes []string) {
	rows := r.writer.table.Rows()
	if rows == 0 {
		return nil, nil
	}
	count := func(name string) (int, bool) {
		if name == "objectGUID" || name == "distinguishedName" {
			return rows, true
		}
		f := r.writer.fieldOf(name)
		return r.writer.rows[f.column], f.column >= 0 && !slices.Contains(r.collection.absent, name)
	}
	for _, name := range everyObjectHas(r.dataset) {
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
	for name := range r.writer.tally.cut {
		if !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing, notes
}

// unused lists the attributes that the schema knows and no object holds. Nothing tells whether nobody has them or the account may not read them.
func (r *reader) unused(missing []string) []string {
	var names []string
	for _, f := range r.writer.byName {
		if f.column >= 0 && r.writer.rows[f.column] == 0 && !slices.Contains(missing, f.name) && !slices.Contains(r.collection.absent, f.name) &&
			!slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return names
}

// judge fills in how the reading of a dataset ended.
func (r *reader) judge(c *evidence.Coverage, faults []error) {
	c.Rows = r.writer.table.Rows()
	c.Server = r.server
	missing, notes := r.refusedAttributes()
	c.Missing = missing
	c.Notes = append(c.Notes, r.writer.tally.notes()...)
	c.Notes = append(c.Notes, notes...)
	if unused := r.unused(missing); len(unused) > 0 && c.Rows > 0 && r.dataset == evidence.ADUsers {
		c.Notes = append(c.Notes, "no object holds, or none shows: "+strings.Join(unused, ", "))
	}
	if n := r.writer.tally.nameless; n > 0 {
		faults = append(faults, fmt.Errorf("%d objects show no objectGUID and were left out", n))
	}
	end(c, faults)
	switch {
	case c.State == evidence.Complete:
		if r.estimate > 0 && r.estimate != c.Rows {
			c.Notes = append(c.Notes, fmt.Sprintf("the server had estimated %d entries", r.estimate))
		}
		c.Expected = c.Rows
	case r.estimate > 0:
		c.Expected = max(r.estimate, c.Rows)
	}
}

// end sets state and reason of a dataset from what went wrong.
func end(c *evidence.Coverage, faults []error) {
	if len(faults) == 0 {
		c.State, c.Reason = evidence.Complete, ""
		return
	}
	c.State = evidence.Partial
	if c.Rows == 0 {
		c.State = evidence.Failed
	}
	var reasons []string
	for _, err := range faults {
		if fault := (*Error)(nil); errors.As(err, &fault) && fault.SignIn() {
			c.SignIn = true
		}
		text := err.Error()
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !errors.As(err, new(*Error)) {
			text = "interrupted"
		}
		if !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	c.Reason = strings.Join(reasons, "; ")
	if c.State == evidence.Partial {
		c.Reason += fmt.Sprintf(" (%d rows were read)", c.Rows)
	}
}
