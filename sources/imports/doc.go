// Package imports turns files that others have exported into evidence.
//
// [LDIF] reads what ldifde or ldapsearch exported from one forest or several, and gives for each what a collector that had asked the forest itself would
// have given, as far as the files tell. Files are less outspoken than servers: what was asked for, of which part of the directory, and whether the answer was
// whole can often not be seen. Where nothing tells, it is not taken for granted, and the coverage says why.
//
// The files are read twice, since which domains and configuration partitions belong together may stand in the last of them.
package imports
