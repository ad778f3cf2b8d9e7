package imports

import (
	"errors"
	"fmt"
	"slices"

	"hybridaudit/sources/evidence"
)

// close judges all datasets and adds those that are no records: the forest itself and its domains.
func (ff *forestFilling) close() {
	ff.closeForest()
	ff.closeDomains()
	for _, t := range ff.tables {
		ff.judge(t)
	}
	c := ff.begin(evidence.ADServers)
	c.State, c.Reason = evidence.NotRequested, "files do not tell of the servers they come from"
	ff.builder.Cover(c)
}

// row fills one row by the names of its columns and keeps the first fault.
type row struct {
	evidence.Row
	columns evidence.Schema
	fault   error
}

func (ff *forestFilling) row(d evidence.Dataset) *row {
	return &row{Row: ff.builder.Table(d).NewRow(), columns: evidence.SchemaOf(d)}
}

func (r *row) text(column string, values ...string) {
	i, _ := r.columns.Find(column)
	for _, v := range values {
		if v == "" {
			continue
		}
		if err := r.SetText(i, v); err != nil && r.fault == nil {
			r.fault = err
		}
	}
}

func (r *row) number(column string, v int64) {
	if i, ok := r.columns.Find(column); ok && v != 0 {
		r.SetInt(i, v)
	}
}

// closeForest makes the row of the forest.
func (ff *forestFilling) closeForest() {
	c := ff.begin(evidence.ADForests)
	r := ff.row(evidence.ADForests)
	r.text("name", ff.name)
	r.text("rootDomainNamingContext", ff.root.context)
	r.text("dnsHostName", ff.host)
	r.text("uPNSuffixes", ff.root.suffixes...)
	for _, p := range ff.parts {
		r.text("domains", p.dns)
	}
	r.text("rtcService", ff.rtc)
	r.number("rtcSchemaVersion", ff.root.rtcSchema)
	r.number("exchangeSchemaVersion", ff.root.exchSchema)
	if ff.root.config > 0 {
		r.text("configurationNamingContext", configurationName+","+ff.root.context)
	}
	if g := ff.root.guid; !g.IsZero() {
		i, _ := r.columns.Find("guid")
		r.SetGUID(i, g)
	} else {
		c.Missing = append(c.Missing, "guid")
		c.Notes = append(c.Notes, "the object of the forest's root domain itself is not in the files, and with it the forest's GUID")
	}
	faults := ff.filling.empty()
	if !ff.listed {
		faults = append(faults, errors.New(noList))
	}
	if why := ff.noConfiguration(); why != "" && ff.rtc == "" {
		faults = append(faults, fmt.Errorf("whether there is an RTC Service container is not known: %s", why))
	}
	if !ff.knowsSuffixes() {
		c.Missing = append(c.Missing, "uPNSuffixes")
	}
	c.Attributes = ff.columnsOfForest()
	if r.fault != nil {
		faults = append(faults, r.fault)
	}
	c.Rows = 1
	end(&c, faults)
	ff.builder.Cover(c)
}

// columnsOfForest lists what files can tell of the forest: nothing of a server that was asked, and versions only when the schema was exported.
func (ff *forestFilling) columnsOfForest() []string {
	return slices.DeleteFunc(evidence.SchemaOf(evidence.ADForests).Names(), func(name string) bool {
		switch name {
		case "invocationId", "currentTime":
			return true
		case "rtcSchemaVersion":
			return ff.root.rtcSchema == 0 && !ff.root.wholeSchema()
		case "exchangeSchemaVersion":
			return ff.root.exchSchema == 0 && !ff.root.wholeSchema()
		}
		return false
	})
}

// knowsSuffixes says whether the additional UPN suffixes are known, be it that there are none.
func (ff *forestFilling) knowsSuffixes() bool {
	if len(ff.root.suffixes) > 0 {
		return true
	}
	for _, one := range ff.filling.searchesOf(ff.root) {
		if one.extent == nil || !one.extent.partitions {
			continue
		}
		if yes, known := asked(one.search, ff.filling.options, "uPNSuffixes"); known && yes {
			return true
		}
	}
	return false
}

// closeDomains makes the rows of the forest's domains.
func (ff *forestFilling) closeDomains() {
	c := ff.begin(evidence.ADDomains)
	var faults []error
	for _, p := range ff.parts {
		r := ff.row(evidence.ADDomains)
		r.text("dnsRoot", p.dns)
		r.text("nCName", p.context)
		r.text(evidence.ADForestColumn, ff.name)
		r.text("nETBIOSName", p.netBIOS)
		r.text("server", ff.sourceOf(p))
		if r.fault != nil {
			faults = append(faults, r.fault)
		}
		c.Rows++
	}
	if !ff.listed {
		faults = append(faults, errors.New(noList))
	}
	end(&c, append(faults, ff.filling.empty()...))
	ff.builder.Cover(c)
}

// sourceOf names the server that a domain was exported from, or the files; "" when they hold nothing of it.
func (ff *forestFilling) sourceOf(p part) string {
	if p.domain == nil || p.domain.objects == 0 {
		return ""
	}
	if p.host != "" {
		return p.host
	}
	var files []string
	for _, one := range ff.filling.searchesOf(p.domain) {
		if one.extent != nil && one.extent.objects > 0 {
			add(&files, one.file.Name)
		}
	}
	return "LDIF file " + listed(files)
}
