package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document"
)

// The colours: slate for structure, and one family from red to grey that always means severity.
const (
	slate     = "1F3A5F"
	ink       = "22303C"
	grey      = "5F6B76"
	line      = "D9DEE4"
	paper     = "F4F6F8"
	white     = "FFFFFF"
	amberFill = "FFF6DD"
	amberInk  = "7A5200"
	greenFill = "E7F3EC"
	greenInk  = "1E6B41"
	linkInk   = "1F5FA8"
)

// tone is a fill with the ink that reads well on it, and the full colour for charts.
type tone struct{ fill, ink, full string }

func severityTone(s document.Severity) tone {
	switch s {
	case document.Critical:
		return tone{"F6D5D3", "8C1D18", "B3261E"}
	case document.High:
		return tone{"FBE0CF", "8A3D0C", "DD7A3B"}
	case document.Medium:
		return tone{"FFF0C9", "6E5000", "E5B53F"}
	case document.Low:
		return tone{"DFEAF5", "1F4E79", "6E9FCB"}
	default:
		return tone{"EAEDF0", "4A5661", "AEB9C3"}
	}
}

func verdictTone(v document.Verdict) tone {
	switch v {
	case document.Affected:
		return severityTone(document.Critical)
	case document.InDoubt:
		return tone{amberFill, amberInk, "E5B53F"}
	default:
		return tone{greenFill, greenInk, "5FA57F"}
	}
}

func statusTone(s document.Status) tone {
	switch s {
	case document.Failed:
		return severityTone(document.High)
	case document.NotAssessed, document.Broken:
		return tone{amberFill, amberInk, ""}
	case document.Passed:
		return tone{greenFill, greenInk, ""}
	default:
		return severityTone(document.Info)
	}
}

func stateTone(s document.State) tone {
	switch s {
	case document.Unreadable:
		return severityTone(document.Critical)
	case document.Partial:
		return tone{amberFill, amberInk, ""}
	case document.Complete:
		return tone{greenFill, greenInk, ""}
	default:
		return severityTone(document.Info)
	}
}

func reachTone(r document.Reach) tone {
	switch r {
	case document.Open:
		return tone{greenFill, greenInk, ""}
	case document.Shut:
		return severityTone(document.High)
	case document.Shaky:
		return tone{amberFill, amberInk, ""}
	default:
		return severityTone(document.Info)
	}
}

const (
	dateFormat    = "yyyy-mm-dd hh:mm"
	countFormat   = "#,##0"
	codeFormat    = "0"
	decimalFormat = "#,##0.0"
)

// styles makes each style once. The first error stays.
type styles struct {
	f    *excelize.File
	font string
	made map[string]int
	err  error
}

// look is what a cell looks like.
type look struct {
	size       float64
	bold       bool
	ink, fill  string
	format     string // number format
	horizontal string
	vertical   string // "": top
	wrap       bool
	quote      bool   // the quote prefix: this is text, whatever it begins with
	border     string // colour of the line below
	link       bool
	indent     int
}

func (s *styles) of(l look) int {
	key := fmt.Sprint(l)
	if id, ok := s.made[key]; ok {
		return id
	}
	style := &excelize.Style{
		Font:      &excelize.Font{Family: s.font, Size: l.size, Bold: l.bold, Color: l.ink},
		Alignment: &excelize.Alignment{Horizontal: l.horizontal, Vertical: l.vertical, WrapText: l.wrap, Indent: l.indent},
	}
	if l.vertical == "" {
		style.Alignment.Vertical = "top"
	}
	if l.indent > 0 && l.horizontal == "" {
		style.Alignment.Horizontal = "left" // only an alignment of its own has an indentation
	}
	if l.link {
		style.Font.Underline, style.Font.Color = "single", linkInk
	}
	if l.fill != "" {
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.format != "" {
		style.CustomNumFmt = &l.format
	}
	if l.border != "" {
		style.Border = []excelize.Border{{Type: "bottom", Color: l.border, Style: 1}}
	}
	id, err := s.f.NewStyle(style)
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("making a style: %w", err)
	}
	if l.quote && err == nil {
		// excelize finds an equal style again by its looks alone, so the one with the prefix is a copy behind the last.
		all := s.f.Styles.CellXfs
		twin := all.Xf[id]
		quoted := true
		twin.QuotePrefix = &quoted
		all.Xf = append(all.Xf, twin)
		all.Count = len(all.Xf)
		id = all.Count - 1
	}
	s.made[key] = id
	return id
}
