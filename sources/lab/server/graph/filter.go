package graphlab

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// comparison is one condition of a $filter.
type comparison struct {
	property, operator string
	text               string // the literal without quotes
}

// parseFilter reads conditions that are joined by "and", each a property, eq, ne, ge, gt, le or lt, and a literal: what the lab needs of OData.
func parseFilter(filter string, known map[string]bool) ([]comparison, error) {
	var all []comparison
	for _, part := range strings.Split(filter, " and ") {
		fields := strings.Fields(part)
		if len(fields) != 3 || !known[fields[0]] || !nameSet("eq ne ge gt le lt")[fields[1]] {
			return nil, fmt.Errorf("condition %q", part)
		}
		text := fields[2]
		if quoted, ok := strings.CutPrefix(text, "'"); ok {
			if text, ok = strings.CutSuffix(quoted, "'"); !ok {
				return nil, fmt.Errorf("literal %s", fields[2])
			}
		}
		all = append(all, comparison{fields[0], fields[1], text})
	}
	return all, nil
}

// holds tells whether an object meets the condition: times are compared as times, everything else by eq and ne only.
func (c comparison) holds(raw json.RawMessage) bool {
	value := strings.Trim(string(member(raw, c.property)), `"`)
	if value == "null" {
		value = ""
	}
	order := strings.Compare(strings.ToLower(value), strings.ToLower(c.text))
	if want, err := time.Parse(time.RFC3339, c.text); err == nil {
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return c.operator == "ne"
		}
		order = at.Compare(want)
	}
	switch c.operator {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "ge":
		return order >= 0
	case "gt":
		return order > 0
	case "le":
		return order <= 0
	default:
		return order < 0
	}
}
