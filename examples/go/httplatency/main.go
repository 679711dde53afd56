// A web server that records how long each customer's requests take, inside itself.
//
//	go run ./httplatency -listen 127.0.0.1:8081 -store sqlite:latency.db
//	curl -H 'X-Customer: acme' http://127.0.0.1:8081/hello
//	curl http://127.0.0.1:8081/stats
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves until the context ends.
func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("httplatency", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8081", "address to serve on")
	url := flags.String("store", "sqlite:latency.db", "where the store is")
	if err := flags.Parse(arguments); err != nil {
		return err
	}

	store, err := luminate.Open(*url, luminate.WithLogger(func(level luminate.Level, message string) {
		log.Printf("store: level %d: %s", level, message)
	}))
	if err != nil {
		return err
	}
	defer store.Close()
	recorder := NewRecorder(store, 10_000, 1_000, time.Second, log.Printf)

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: application(store, recorder), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(out, "serving http://%s\n", listener.Addr())

	select {
	case err = <-served:
	case <-ctx.Done():
	}
	// First no more requests, then what was recorded of them, then the store.
	ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if shut := server.Shutdown(ending); err == nil {
		err = shut
	}
	if flushed := recorder.Close(ending); err == nil {
		err = flushed
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

func application(store *luminate.Store, recorder *Recorder) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, request *http.Request) {
		time.Sleep(time.Duration(rand.Intn(2000)) * time.Microsecond) // As if there was something to do.
		fmt.Fprintf(w, "Hello, %s\n", customerOf(request))
	})
	mux.HandleFunc("/stats", Stats(store, recorder))
	return Measure(recorder, customerOf, mux)
}

// customerOf would be whoever the request's credentials belong to; this example takes the customer's word.
func customerOf(request *http.Request) string {
	if customer := request.Header.Get("X-Customer"); customer != "" {
		return customer
	}
	return "unknown"
}
