// Package objects turns the JSON of Microsoft Graph into rows of evidence: pages of a collection into objects, and their properties into the columns of the same name. It
// serves what is read from the service as well as what was saved from it.
//
// Values that do not fit their column are counted and noted, never guessed; an object whose id was stored before is dropped.
package objects
