package xlsx

import (
	"hybridaudit/reports/document/textwidth"
)

// A row's height must be known when the row is written: programs other than Excel do not work it out when they open a workbook, and Excel does not for
// merged cells. So the lines that a text will fill are reckoned from the widths of the characters.

const (
	// fontBase is the size of the font by which column widths are counted.
	fontBase = 11
	// tableSize is the size of the font in data sheets.
	tableSize = 10
	// cellPadding is what a cell keeps free at both sides, in digits.
	cellPadding = 0.8
)

// advances are the widths of the printable ASCII characters in the workbook's font (Calibri), in hundredths of a digit's width, from the blank on.
var advances = [...]uint8{
	45, 64, 79, 98, 100, 141, 135, 44, 60, 60, 98, 98, 49, 60, 50, 76, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 53, 53, 98, 98, 98, 91,
	176, 114, 107, 105, 121, 96, 91, 124, 123, 50, 63, 103, 83, 169, 127, 131, 102, 133, 107, 91, 96, 127, 112, 176, 102, 96, 92, 61, 76, 61, 98, 98,
	57, 95, 104, 83, 104, 98, 60, 93, 104, 45, 47, 90, 45, 158, 104, 104, 104, 104, 69, 77, 66, 104, 89, 141, 85, 89, 78, 62, 91, 62, 98,
}

// advance is the width of a character in hundredths of a digit: known for ASCII, on the safe side for all others.
func advance(r rune) int {
	if r >= ' ' && int(r) < ' '+len(advances) {
		return int(advances[r-' '])
	}
	const letter, wide = 110, 210
	if textwidth.Of(string(r)) == 2 {
		return wide
	}
	return letter
}

// linesIn reckons how many lines a text of that font size fills in a column of that width.
func linesIn(s string, width, size float64) int {
	room := (width - cellPadding) * fontBase / size * 100 * 0.98 // screens round widths
	used, one := 0, true
	for _, r := range s {
		if used += advance(r); r == '\n' || float64(used) > room {
			one = false
			break
		}
	}
	if one {
		return 1
	}
	return len(textwidth.WrapBy(s, int(room), advance))
}

// lines is linesIn for so many columns of the grid.
func lines(s string, columns int, size float64) int {
	return linesIn(s, float64(columns)*gridWidth, size)
}
