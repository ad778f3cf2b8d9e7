//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"time"

	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
)

// ldifWork writes the directory of an organisation of so many people into a file: as a domain controller loads it, or whole, with what a domain controller
// makes itself, for a server that makes nothing.
func ldifWork(_ context.Context, args []string) (any, error) {
	people, err := numbered(args, 0)
	if err != nil || len(args) != 3 {
		return nil, errArguments
	}
	// The same file each time, so that a domain controller that was filled from it once can be used again.
	org, err := organisation(people, time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC))
	if err != nil {
		return nil, err
	}
	f, err := os.Create(args[2])
	if err != nil {
		return nil, err
	}
	write := plant.WriteLDIF
	if args[1] == "whole" {
		write = writeWhole
	}
	if err := errors.Join(write(f, org.Directory), f.Close()); err != nil {
		return nil, err
	}
	return cost{Units: len(org.Directory.Entries)}, nil
}

// writeWhole writes all that the directory holds.
func writeWhole(to io.Writer, d lab.Directory) error {
	w := bufio.NewWriterSize(to, 1<<20)
	var encoded []byte
	value := func(name string, v []byte) {
		encoded = base64.StdEncoding.AppendEncode(encoded[:0], v)
		_, _ = w.WriteString(name) // the error stays until Flush
		_, _ = w.WriteString(":: ")
		_, _ = w.Write(encoded)
		_ = w.WriteByte('\n')
	}
	for _, e := range d.Entries {
		value("dn", []byte(e.DN))
		for _, a := range e.Attributes {
			if a.Name == "distinguishedName" { // the name that stands in front
				continue
			}
			for _, v := range a.Values {
				if a.Name == "objectCategory" {
					v = category(v)
				}
				value(a.Name, v)
			}
		}
		_ = w.WriteByte('\n')
	}
	return w.Flush()
}

// category makes a plain word of the name of a class in the schema: Active Directory takes both in filters, other servers what they hold.
func category(class []byte) []byte {
	name, _, _ := bytes.Cut(class, []byte(","))
	return bytes.ToLower(bytes.TrimPrefix(name, []byte("CN=")))
}
