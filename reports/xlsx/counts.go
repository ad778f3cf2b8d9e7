package xlsx

import (
	"hybridaudit/reports/document"
)

const (
	mostDepartments = 10
	mostLines       = 3 // of a department's name
)

// countTable says where the counts stand: the row of the heading, and how many categories follow it.
type countTable struct{ head, categories int }

// counts writes the findings by category and severity, and beside them the departments. The charts are drawn from these cells.
func (c *canvas) counts() countTable {
	d, s := c.b.d, c.b.d.Summary
	if s.Findings == 0 {
		return countTable{}
	}
	const label, total, beside = 1, 7, 9 // grid columns: the label's last, the total, the first of the departments
	top := c.row
	bold := look{size: 13, bold: true, ink: slate, border: slate, vertical: "center"}
	c.put(top, 0, total, d.Say("report.categories"), bold)
	c.put(top, beside, gridCount-1, d.Say("report.departments"), bold)
	c.height(top, 24)
	head := look{size: 10, bold: true, ink: grey, border: line, vertical: "center"}
	right := head
	right.horizontal = "right"
	c.put(top+1, 0, label, d.Say("column.category"), head)
	for i, x := range document.Severities() {
		c.put(top+1, 2+i, 2+i, d.Say("severity."+x.String()), right)
	}
	c.put(top+1, total, total, d.Say("column.total"), right)
	c.put(top+1, beside, beside+1, d.Say("column.department"), head)
	c.put(top+1, gridCount-1, gridCount-1, d.Say("report.affected"), right)
	c.height(top+1, 20)

	row := top + 2
	used := 0
	for _, k := range s.Categories {
		if k.Total() == 0 {
			continue
		}
		c.put(row, 0, label, k.Label, look{size: 10, ink: ink, border: line, vertical: "center"})
		for i, x := range document.Severities() {
			c.put(row, 2+i, 2+i, k.Counts[x], numbers(k.Counts[x] > 0, severityTone(x)))
		}
		c.put(row, total, total, k.Total(), look{size: 10, bold: true, ink: ink, border: line, format: countFormat, horizontal: "right", vertical: "center"})
		row++
		used++
	}
	sum := look{size: 10, bold: true, ink: ink, border: slate, format: countFormat, horizontal: "right", vertical: "center"}
	name := sum
	name.horizontal = ""
	c.put(row, 0, label, d.Say("column.total"), name)
	for i, x := range document.Severities() {
		c.put(row, 2+i, 2+i, s.BySeverity[x], sum)
	}
	c.put(row, total, total, s.Findings, sum)
	high := c.departments(top+2, beside)
	end := max(row, top+1+len(high))
	for r := top + 2; r <= end; r++ {
		points := 18.0
		if i := r - top - 2; i < len(high) {
			points = max(points, high[i])
		}
		c.height(r, points)
	}
	c.row = end + 1
	c.gap(12)
	return countTable{top + 1, used}
}

// numbers is the look of a count in the table: coloured when there is something, faint when there is not.
func numbers(some bool, t tone) look {
	l := look{size: 10, ink: "B5BDC5", border: line, format: countFormat, horizontal: "right", vertical: "center"}
	if some {
		l.ink, l.fill = t.ink, t.fill
	}
	return l
}

// departments lists where the affected people are and gives the heights that its rows need.
func (c *canvas) departments(row, from int) (high []float64) {
	d := c.b.d
	all := d.Summary.Departments
	if len(all) == 0 {
		c.put(row, from, gridCount-1, "–", look{size: 10, ink: grey})
		return []float64{0}
	}
	for _, t := range all[:min(len(all), mostDepartments)] {
		name := clean(t.Name)
		if name == "" {
			name = d.Say("report.noDepartment")
		}
		c.put(row, from, from+1, name, look{size: 10, ink: ink, border: line, vertical: "center", wrap: true})
		c.put(row, gridCount-1, gridCount-1, t.Affected, look{
			size: 10, bold: true, ink: ink, border: line, format: countFormat, horizontal: "right", vertical: "center",
		})
		high = append(high, tall(min(lines(name, 2, 10), mostLines), 10))
		row++
	}
	if more := len(all) - mostDepartments; more > 0 {
		c.put(row, from, gridCount-1, d.Say("report.more", document.Num("count", more)), look{size: 10, ink: grey})
		high = append(high, 0)
	}
	return high
}
