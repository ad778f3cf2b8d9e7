// Package document is what every report shows: the one view of a result that the formats (workbook, page, JSON, terminal) share, so that no two of them can
// count differently. It puts words to findings and rules, ranks what a reader should see first, and says in plain words what was not read.
//
// A [Document] copies nothing that grows with the organisation: findings and people are handed out one by one, with their texts made on the way. Values
// that come from a directory are handed out as they are, except inside sentences: each format makes them harmless in its own way.
package document
