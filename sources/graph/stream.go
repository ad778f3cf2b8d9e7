package graph

import (
	"context"
	"errors"

	"hybridaudit/sources/evidence/objects"
)

// maxIdlePages is how many pages in a row may bring nothing new before the listing counts as endless.
const maxIdlePages = 100

var errNoProgress = errors.New("the service gave 100 pages in a row without a new row and still announced more")

// pages reads a collection to its end, one page being taken by each while the next is fetched: two pages of raw JSON exist at most. each returns how
// many new rows the page brought. The error says why the listing is not complete; pages before it were given to each.
func (c *client) pages(ctx context.Context, r request, whole bool, each func(objects.Page) int) error {
	return c.pagesFrom(ctx, r, map[string]bool{r.url.String(): true}, whole, each)
}

// pagesFrom is pages from somewhere on; seen holds the links that lead there.
func (c *client) pagesFrom(ctx context.Context, r request, seen map[string]bool, whole bool, each func(objects.Page) int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out, ended := make(chan objects.Page), make(chan error, 1)
	spare := make(chan objects.Page, 2)
	spare <- objects.Page{}
	spare <- objects.Page{}
	go func() {
		defer close(out)
		ended <- c.fetch(ctx, r, seen, whole, spare, out)
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
func (c *client) fetch(ctx context.Context, r request, seen map[string]bool, whole bool, spare <-chan objects.Page, out chan<- objects.Page) error {
	for {
		var p objects.Page
		select {
		case p = <-spare:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		elements := p.Elements
		_, err := c.get(ctx, r, p.Body, func(a answer) (err error) {
			p, err = objects.ReadPage(a.body, elements, whole)
			return err
		})
		if err != nil {
			return err
		}
		next := p.Next
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
