// Package audit judges evidence against rules. A [Rule] is a value: texts, needs, parameters and one typed check. [Run] gives every rule the evidence and
// the facts that rules share (pairs, owners, topology, plans, scope), and collects outcomes and findings.
//
// Rules do no input or output and know no clock but the evidence's own. The same evidence gives the same findings in the same order, whatever the number
// of workers. A rule whose data was not read completely never passes: it ends as not assessed. Findings carry arguments, not sentences; the sentences are
// made at report time.
package audit
