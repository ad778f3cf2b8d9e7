package imports

import (
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// absent lists the attributes that the forest's schema does not know, nil when the schema was not exported.
func (d *domain) absent(wanted []string) []string {
	if !d.wholeSchema() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return d.schema[strings.ToLower(name)] })
}

// fullSchema is how many attributes an export of the schema must hold to count as whole: that of Windows 2000 had more than 800.
const fullSchema = 800

// wholeSchema says whether the schema partition was exported, as far as can be seen.
func (d *domain) wholeSchema() bool {
	return d.schema["objectguid"] && d.schema["objectclass"] && len(d.schema) >= fullSchema
}

// begin is a coverage of which nothing is concluded yet.
func (ff *forestFilling) begin(d evidence.Dataset) evidence.Coverage {
	taken := ff.filling.options.Taken.UTC()
	var all []string
	for i := range ff.filling.survey.files {
		all = append(all, ff.filling.survey.files[i].Name)
	}
	return evidence.Coverage{
		Dataset: d, State: evidence.Failed, Expected: -1, Source: ff.name, Server: "LDIF file " + listed(all), Started: taken, Ended: taken,
	}
}

// listed names a few files.
func listed(files []string) string {
	const most = 5
	if len(files) <= most {
		return strings.Join(files, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(files[:most], ", "), len(files)-most)
}

// end sets state and reason of a dataset from what is wrong with it.
func end(c *evidence.Coverage, faults []error) {
	if len(faults) == 0 {
		c.State, c.Expected = evidence.Complete, c.Rows
		return
	}
	c.State = evidence.Partial
	if c.Rows == 0 {
		c.State = evidence.Failed
	}
	var reasons []string
	for _, fault := range faults {
		add(&reasons, fault.Error())
	}
	c.Reason = strings.Join(reasons, "; ")
	if c.State == evidence.Partial {
		c.Reason += fmt.Sprintf(" (%d rows were read)", c.Rows)
	}
}

// plural names what a dataset holds.
func plural(d evidence.Dataset) string {
	_, name, _ := strings.Cut(string(d), ".")
	if d == evidence.ADServiceAccounts {
		return "service accounts"
	}
	return name
}
