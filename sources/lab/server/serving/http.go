// Package serving runs the HTTP servers of a sample organisation, so that nothing of them outlives the run.
package serving

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// HTTP answers on a listener until ctx ends; it then closes the listener and every connection, waits for all that open counts and returns nil. Connections are counted there,
// and a handler may count what goes on behind it; the context of its requests ends before that is waited for. It always closes the listener.
func HTTP(ctx context.Context, l net.Listener, handler http.Handler, open *sync.WaitGroup, log *slog.Logger) error {
	handlers, stop := context.WithCancel(ctx)
	defer stop()
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Hour, // an idle connection is held, also before the first request
		BaseContext:       func(net.Listener) context.Context { return handlers },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Done()
			}
		},
	}
	shut := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer shut()
	err := srv.Serve(l)
	stop()
	_ = srv.Close() // once more, for a connection that came at the last moment
	open.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}
