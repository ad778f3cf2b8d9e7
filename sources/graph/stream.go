package graph

import (
	"context"
	"errors"
)

// maxIdlePages is how many pages in a row may bring nothing new before the listing counts as endless.
const maxIdlePages = 100

var errNoProgress = errors.New("the service gave 100 pages in a row without a new row and still announced more")

// pages reads a collection to its end, one page being taken by each while the next is fetched: two pages of raw JSON exist at most. each returns how
// many new rows the page brought. The error says why the listing is not complete; pages before it were given to each.
func (c *client) pages(ctx context.Context, r request, whole single, each func(page) int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out, ended := make(chan page), make(chan error, 1)
	spare := make(chan page, 2)
	spare <- page{}
	spare <- page{}
	go func() {
		defer close(out)
		ended <- c.fetch(ctx, r, whole, spare, out)
	}()
	idle, stuck := 0, false
	for p := range out {
		if stuck {
			continue
		}
		if idle++; each(p) > 0 {
			idle = 0
		}
		if idle >= maxIdlePages {
			stuck = true
			stop()
		}
		spare <- p
	}
	err := <-ended
	if stuck && err != nil {
		return errNoProgress
	}
	return err
}

// fetch follows the links and hands the pages over.
func (c *client) fetch(ctx context.Context, r request, whole single, spare <-chan page, out chan<- page) error {
	seen := map[string]bool{r.url.String(): true}
	for {
		var p page
		select {
		case p = <-spare:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		elements := p.elements
		_, err := c.get(ctx, r, p.body, func(body []byte) (err error) {
			p, err = readPage(body, elements, whole)
			return err
		})
		if err != nil {
			return err
		}
		next := p.next
		select {
		case out <- p:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if next == "" {
			return nil
		}
		if r.url, err = c.follow(next, seen); err != nil {
			return err
		}
		seen[next] = true
	}
}
