// Package jsonfile writes findings.json, the machine-readable report (schema version 1). Other people's scripts read it: members may be added, but never
// removed or given another meaning. docs/findings.schema.json describes it, and a test holds both together.
//
// Values of the directory are written as they are: JSON quotes what could do harm. Control characters and the marks that turn the direction of text are
// written as \u escapes, so that the file can also be shown on a terminal.
package jsonfile
