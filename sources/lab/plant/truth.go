package plant

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"hybridaudit/sources/lab"
)

// sortTruth orders findings by rule, variant and subject.
func sortTruth(truth []lab.Expected) {
	slices.SortFunc(truth, func(a, b lab.Expected) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Key, b.Key))
	})
}

// Truth gives the findings that an organisation must cause and no others, sorted, as a copy.
func Truth(o lab.Organisation) []lab.Expected {
	truth := slices.Clone(o.Truth)
	sortTruth(truth)
	return truth
}

// WriteTruth writes findings as a JSON array, sorted, one to a line.
func WriteTruth(w io.Writer, truth []lab.Expected) error {
	sorted := slices.Clone(truth)
	sortTruth(sorted)
	text := []byte("[")
	for i, e := range sorted {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("writing truth: %w", err)
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, "\n  "...), line...)
	}
	if len(sorted) > 0 {
		text = append(text, '\n')
	}
	if _, err := w.Write(append(text, "]\n"...)); err != nil {
		return fmt.Errorf("writing truth: %w", err)
	}
	return nil
}
