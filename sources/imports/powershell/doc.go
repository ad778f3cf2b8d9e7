// Package powershell reads objects that PowerShell has written into files: as JSON (ConvertTo-Json) and as text with separators (Export-Csv). Its values are those of
// CliXml (Export-Clixml) too, which package clixml reads.
//
// Files are read object by object. What a form cannot keep is marked, so that nobody takes it for empty: Export-Csv and ConvertTo-Json beyond its depth write the name
// of a list's type in place of the list.
package powershell
