package main

import (
	"net/http"
	"time"
)

// Measure has every request recorded that the mux answers. A series is made for each customer, route and class of
// status, so both have to be bounded by you and not by whoever sends requests: `customerOf` gives the customer that was
// authenticated, and the route is the pattern that the mux found, never the path.
func Measure(recorder *Recorder, customerOf func(*http.Request) string, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		begin := time.Now()
		_, route := mux.Handler(request)
		if route == "" {
			route = "none"
		}
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			panicked := recover()
			if panicked != nil {
				answer.status = http.StatusInternalServerError
			}
			recorder.Record(Request{Customer: customerOf(request), Route: route, Status: answer.status, At: begin,
				Latency: time.Since(begin)})
			if panicked != nil {
				panic(panicked)
			}
		}()
		mux.ServeHTTP(answer, request)
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Flush is for handlers that stream.
func (w *statusWriter) Flush() {
	if flusher, ok := w.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
