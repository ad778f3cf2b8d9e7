// Package terminal prints the short summary that ends a run: the headline figure, findings by severity, the worst rules, what was not read, and where the
// reports are. Text of the directory cannot drive the terminal: control characters and marks that turn the direction of text are replaced.
package terminal
