// Package clixml reads CliXml, the XML that Export-Clixml and remoting write objects in, object by object with the memory of one of them and of what later ones may refer to.
//
// It follows the published form of version 1.1: objects with adapted and extended properties, lists, dictionaries, primitive values, references, and the _xHHHH_ escapes of
// its texts. Document type definitions are refused, secure strings are passed over.
package clixml
