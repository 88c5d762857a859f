package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Whoever reaches the address may ask, so what he may take is little.
const (
	connections  = 32
	requests     = 4 // that gather at once
	headerWait   = 5 * time.Second
	answerWait   = 15 * time.Second
	idleWait     = 75 * time.Second // longer than the usual interval of scrapes
	headerBytes  = 8 << 10
	shutdownWait = 2 * time.Second
)

// Listen opens address, of the form HOST:PORT.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for scrapes: %w", err)
	}
	return l, nil
}

// Config says what is served where.
type Config struct {
	Listener net.Listener // is closed in the end
	Metrics  *Metrics
	// Alive and Ready answer /healthz and /readyz: nil, or why not. A server that
	// drains is alive and not ready. Nil functions always answer nil.
	Alive, Ready func() error
	Log          *slog.Logger
}

// Serve answers /metrics, /healthz and /readyz until ctx ends. The error is that
// of a listener that fails.
func Serve(ctx context.Context, c Config) error {
	s := &http.Server{
		Handler:           handler(c),
		ReadHeaderTimeout: headerWait,
		ReadTimeout:       headerWait,
		WriteTimeout:      answerWait,
		IdleTimeout:       idleWait,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug), // of clients, mostly
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
		defer cancel()
		if s.Shutdown(end) != nil {
			_ = s.Close()
		}
	})
	err := s.Serve(newLimited(c.Listener, connections))
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve scrapes: %w", err)
}

func handler(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.Metrics.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(c.Log.Handler(), slog.LevelError),
		MaxRequestsInFlight: requests,
		Timeout:             answerWait,
	}))
	mux.Handle("GET /healthz", answer(c.Alive))
	mux.Handle("GET /readyz", answer(c.Ready))
	return mux
}

func answer(state func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if state != nil {
			if err := state(); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n")
	}
}
