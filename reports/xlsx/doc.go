// Package xlsx writes the workbook that management gets: a summary with charts, and sheets with all findings, people, rules, domains, licences and what was
// read. Every sheet is always there, so that what others build on the workbook does not break when a source was left out; only those of DNS records and hosts are
// there when the network was looked at, since most readers who left that out want no empty sheets.
//
// # Hostile text
//
// Names and addresses come from a directory that anybody may have written to. They are stored as string cells, which no spreadsheet evaluates. A text that
// begins with = + - or @ also carries the quote prefix, Excel's own mark for "this is text": it stays text when somebody edits the cell, and is shown without
// a change, so that telephone numbers and addresses read as they are. Control characters, marks that turn the direction of text and characters that XML
// forbids are replaced by U+FFFD; a text longer than a cell can hold is cut, and says so.
//
// What is saved from the workbook as CSV has lost these marks, as with every workbook. Whoever needs CSV takes findings.csv.
//
// # Size
//
// Data sheets are streamed: rows go to temporary files (mode 0600), then into the compressed file, and memory does not grow with them. A sheet that is full
// is continued on another one, "Findings 2". The bytes of the workbook depend on nothing but the document.
package xlsx
