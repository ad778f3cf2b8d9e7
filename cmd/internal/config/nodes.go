package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	File    string
	Line    int // 0 when the value came from elsewhere than the file
	Key     string
	Problem string
}

func (f Fault) Error() string {
	where := f.File
	if f.Line > 0 {
		where += ":" + strconv.Itoa(f.Line)
	}
	if f.Key == "" {
		return where + ": " + f.Problem
	}
	return where + ": " + f.Key + ": " + f.Problem
}

// Faults are all faults of a configuration.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// checker walks over the nodes of a file beside the struct: unknown keys, keys given twice and values of the wrong type, each with its line.
type checker struct {
	file   string
	dir    string
	faults Faults
	lines  map[string]int // by key name
}

func (c *checker) fault(n *yaml.Node, key, format string, args ...any) {
	c.faults = append(c.faults, Fault{c.file, n.Line, key, fmt.Sprintf(format, args...)})
}

func (c *checker) mapping(n *yaml.Node, t reflect.Type, path string) {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // an empty section is one with its defaults
	}
	if n.Kind != yaml.MappingNode {
		c.fault(n, path, "this is %s where a section with keys is wanted", kindName(n))
		return
	}
	known := map[string]reflect.StructField{}
	var names []string
	for f, name := range fields(t) {
		known[name] = f
		names = append(names, name)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := join(path, k.Value)
		if first, twice := seen[k.Value]; twice {
			c.fault(k, name, "given twice, first in line %d", first)
			continue
		}
		seen[k.Value] = k.Line
		f, ok := known[k.Value]
		if !ok {
			c.fault(k, name, "no such key%s", suggestion(k.Value, names))
			continue
		}
		c.lines[name] = k.Line
		c.value(v, f.Type, name)
	}
}

func (c *checker) value(n *yaml.Node, t reflect.Type, name string) {
	n = resolve(n)
	switch {
	case t == nodeType:
	case isSection(t):
		c.mapping(n, t, name)
	case t.Kind() == reflect.Slice:
		if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
			return
		}
		if n.Kind != yaml.SequenceNode {
			c.fault(n, name, "this is %s where a list is wanted; write [value] or lines that begin with a dash", kindName(n))
			return
		}
		for i, e := range n.Content {
			at := name + "[" + strconv.Itoa(i) + "]"
			c.lines[at] = e.Line
			c.value(e, t.Elem(), at)
		}
	default:
		c.scalar(n, t, name)
	}
}

func (c *checker) scalar(n *yaml.Node, t reflect.Type, name string) {
	if n.Kind != yaml.ScalarNode {
		c.fault(n, name, "this is %s where a single value is wanted", kindName(n))
		return
	}
	if n.Tag == "!!null" {
		return
	}
	switch {
	case t == secretType:
		if _, err := ParseSecret(n.Value, c.dir); err != nil {
			c.fault(n, name, "%v", err)
		}
	case t == durationType:
		if _, err := time.ParseDuration(n.Value); err != nil {
			c.fault(n, name, "%q is no duration; write 30s, 15m or 2h", n.Value)
		}
	case t.Kind() == reflect.Int && n.Tag != "!!int":
		c.fault(n, name, "%q is no whole number", n.Value)
	case t.Kind() == reflect.Bool && n.Tag != "!!bool":
		c.fault(n, name, "%q is neither true nor false", n.Value)
	case t.Kind() == reflect.String && n.Tag != "!!str":
		c.fault(n, name, "%s is %s where text is wanted; put it in quotes", n.Value, kindName(n))
	}
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!int", "!!float":
			return "a number"
		case "!!bool":
			return "true or false"
		}
		return "a single value"
	case yaml.DocumentNode, yaml.AliasNode:
	}
	return "something else"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// suggestion names the key that was probably meant.
func suggestion(got string, names []string) string {
	best, distance := "", 4
	for _, n := range names {
		if d := edits(strings.ToLower(got), strings.ToLower(n)); d < distance {
			best, distance = n, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	slices.Sort(names)
	return "; there are " + strings.Join(names, ", ")
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
