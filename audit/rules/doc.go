// Package rules lists all rules. The list is generated from the rule values of the category packages: run go generate after adding one.
package rules

//go:generate go run generate.go
