package graph

import (
	"context"
	"time"
)

// Clock tells the time and waits. Tests replace it.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx ends; then it returns ctx's error.
	Sleep(ctx context.Context, d time.Duration) error
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
