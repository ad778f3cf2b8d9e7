//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// perOwner is how many addresses an object holds.
const perOwner = 4

// duplicates finds the addresses that more than one object holds.
func (b *bench) duplicates(ctx context.Context) ([]line, error) {
	if err := need("tr", "sort", "uniq", "wc"); err != nil {
		return nil, err
	}
	n, list, doubles := strconv.Itoa(b.sizes.addresses), b.path("addresses.txt"), b.path("doubles.txt")
	if _, err := own(ctx, nil, "addresses", n, list); err != nil {
		return nil, err
	}
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, nil, "duplicates", n) },
		func(ctx context.Context) (cost, error) {
			k, err := shell(`tr A-Z a-z < "$1" | sort --parallel=2 -S 1G -T "$2" | uniq -d > "$3"`, list, b.dir, doubles).run(ctx)
			if err != nil {
				return k, err
			}
			data, err := os.ReadFile(doubles)
			k.Units = bytes.Count(data, []byte("\n"))
			return k, err
		})
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("duplicates among %s addresses, with their owners", count(float64(b.sizes.addresses))), "tr A-Z a-z | sort --parallel=2 | uniq -d, without owners"
	return []line{
		elapsed().against(work, ours, theirs, name, &target{"faster", func(o, p float64) bool { return o < p }}),
		processor().against(work, ours, theirs, name, nil),
		memory().against(work+", evidence included", ours, theirs, name, nil),
	}, nil
}

// addressOf is the address number i. One in a hundred is that of another object, in other case.
func addressOf(i int) string {
	if i%100 == 99 {
		return strings.ToUpper(addressOf(i - 50))
	}
	domains := [...]string{"contoso.com", "Contoso.com", "mail.contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"}
	const golden = 0x9E3779B97F4A7C15 // spreads the numbers, and no two become the same
	return fmt.Sprintf("Person.%x@%s", uint64(i+1)*golden, domains[i%len(domains)])
}

// addressesWork writes the addresses into a file, one a line.
func addressesWork(_ context.Context, args []string) (any, error) {
	n, err := numbered(args, 0)
	if err != nil || len(args) != 2 {
		return nil, errArguments
	}
	f, err := os.Create(args[1])
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		_, _ = w.WriteString(addressOf(i)) // the error stays until Flush
		_ = w.WriteByte('\n')
	}
	return cost{Units: n}, errors.Join(w.Flush(), f.Close())
}

// duplicatesWork puts the addresses into evidence and measures how long it takes to index them and to find those with several owners, and the owners.
func duplicatesWork(_ context.Context, args []string) (any, error) {
	n, err := numbered(args, 0)
	if err != nil {
		return nil, err
	}
	s, err := addressed(n)
	if err != nil {
		return nil, err
	}
	runtime.GC()
	p := begin()
	index := owners.New(s, owners.SMTP, func(evidence.ADObject) bool { return true })
	found := 0
	for o := range s.ADObjects(evidence.ADUsers) {
		owners.SMTP.Each(o, func(v string) {
			if !index.Shared(v) {
				return
			}
			if holders := index.Holders(v); len(holders) > 1 && holders[0] == o {
				found++
			}
		})
	}
	return p.end(found), nil
}

// addressed is evidence of users with n addresses.
func addressed(n int) (*evidence.Snapshot, error) {
	b := evidence.NewBuilder(time.Unix(0, 0))
	t := b.Table(evidence.ADUsers)
	guid, _ := t.Schema().Find("objectGUID")
	proxies, ok := t.Schema().Find("proxyAddresses")
	if !ok {
		return nil, errors.New("evidence of directory users has no proxyAddresses")
	}
	var row evidence.Row
	for i := range n {
		if i%perOwner == 0 {
			row = t.NewRow()
			var g directory.GUID
			binary.BigEndian.PutUint64(g[:], uint64(i+1))
			row.SetGUID(guid, g)
		}
		if err := row.SetText(proxies, "smtp:"+addressOf(i)); err != nil {
			return nil, err
		}
	}
	b.Cover(evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Complete, Rows: t.Rows(), Expected: -1})
	return b.Seal(), nil
}
