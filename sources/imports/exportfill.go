package imports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports/powershell"
)

// exportFilling turns the objects of one command into rows.
type exportFilling struct {
	command Command
	table   *evidence.Table
	columns []*exportColumn
	key     *exportColumn
	seen    map[string]bool // keys of the objects of files before
	present []string        // keys of those of the present file
	twice   int
}

// exportColumn is a column with the properties that fill it, the newest name first.
type exportColumn struct {
	evidence.Column
	index      int
	properties []string
	at         []int // where each property stood in the object before
	shown      bool  // an object had one of the properties
	lost       int   // values that the file did not keep
	strange    int   // values that could not be read
	numbers    int   // numbers in place of the names that an enumeration has
}

func newExportFilling(c Command, t *evidence.Table) *exportFilling {
	f := &exportFilling{command: c, table: t}
	for i, column := range t.Schema() {
		if column.Name == evidence.ExportColumn {
			continue
		}
		one := &exportColumn{Column: column, index: i, properties: append([]string{column.Name}, c.renamed[column.Name]...)}
		if column.Name == allKnown {
			one.properties = []string{"AllowedDomains", "AllowedDomainsAsAList"}
		} else if column.Name == "AllowedDomains" {
			one.properties = append(one.properties, "AllowedDomainsAsAList")
		}
		one.at = make([]int, len(one.properties))
		f.columns = append(f.columns, one)
		if column.Name == c.key {
			f.key = one
		}
	}
	return f
}

// begin says that another file's objects come.
func (f *exportFilling) begin() {
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	for _, key := range f.present {
		f.seen[key] = true
	}
	f.present = nil
}

// find gives a property of an object. The objects of one command have their properties at the same places, mostly.
func (c *exportColumn) find(o powershell.Object, property int) (powershell.Value, bool) {
	name := c.properties[property]
	if at := c.at[property]; at < len(o.Members) && strings.EqualFold(o.Members[at].Name, name) {
		return o.Members[at].Value, true
	}
	for i := range o.Members {
		if strings.EqualFold(o.Members[i].Name, name) {
			c.at[property] = i
			return o.Members[i].Value, true
		}
	}
	return powershell.Value{}, false
}

// add makes a row of an object; false for one that another file had.
func (f *exportFilling) add(o powershell.Object) bool {
	if f.repeated(o) {
		f.twice++
		return false
	}
	row := f.table.NewRow()
	for _, c := range f.columns {
		f.put(row, c, o)
	}
	return true
}

// repeated says that an object was in a file before. Within one file, objects may share a key.
func (f *exportFilling) repeated(o powershell.Object) bool {
	if f.key == nil {
		return false
	}
	key := ""
	for i := range f.key.properties {
		if v, ok := f.key.find(o, i); ok {
			if key = strings.ToLower(plainText(v).text); key != "" {
				break
			}
		}
	}
	if key == "" {
		return false
	}
	if f.seen[key] {
		return true
	}
	f.present = append(f.present, key)
	return false
}

// put stores the first of the column's properties that has a value.
func (f *exportFilling) put(row evidence.Row, c *exportColumn, o powershell.Object) {
	worst := stored
	for i := range c.properties {
		v, ok := c.find(o, i)
		if !ok {
			continue
		}
		c.shown = true
		switch result := store(row, c, v); result {
		case absent:
		case stored:
			return
		default:
			worst = max(worst, result)
		}
	}
	switch worst {
	case lost:
		c.lost++
	case number:
		c.numbers++
	case strange:
		c.strange++
	}
}

// columnsOf lists the columns that were read and those that were not, and says why.
func (f *exportFilling) columnsOf() (read, missing, notes []string) {
	gone, numbered := map[string]int{}, map[string]int{}
	for _, c := range f.columns {
		if c.shown || f.table.Rows() == 0 {
			read = append(read, c.Name)
		}
		switch {
		case f.table.Rows() == 0:
		case !c.shown, c.lost+c.strange+c.numbers > 0:
			missing = append(missing, c.Name)
		}
		if c.lost > 0 {
			gone[c.Name] = c.lost
		}
		if c.numbers > 0 {
			numbered[c.Name] = c.numbers
		}
		if c.strange > 0 {
			notes = append(notes, fmt.Sprintf("%d values of %s could not be read", c.strange, c.Name))
		}
	}
	if len(gone) > 0 {
		notes = append(notes, "the file does not keep the values of "+strings.Join(slices.Sorted(maps.Keys(gone)), ", ")+": save it with Export-Clixml")
	}
	if len(numbered) > 0 {
		notes = append(notes, "the file has numbers in place of the names of "+strings.Join(slices.Sorted(maps.Keys(numbered)), ", ")+": save it with Export-Clixml")
	}
	if f.twice > 0 {
		notes = append(notes, fmt.Sprintf("%d objects were in several files and were kept once", f.twice))
	}
	return read, missing, notes
}
