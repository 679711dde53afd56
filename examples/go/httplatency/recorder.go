package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// Request is what is recorded of one request.
type Request struct {
	Customer string
	Route    string
	Status   int
	At       time.Time
	Latency  time.Duration
}

const metric = "http_request_ms"

// Recorder writes requests to a store from one goroutine in the background, so that nobody who answers requests ever
// waits for a disk. Its memory is bounded: what comes while the queue is full is counted and left out.
type Recorder struct {
	store *luminate.Store
	log   func(format string, arguments ...any)
	every time.Duration // Between two writes, at most.
	size  int           // Points of a write, at most.

	queue    chan Request
	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{}
	lost     atomic.Uint64

	// Of the goroutine alone.
	batch luminate.Batch
	last  map[series]int64 // The newest timestamp of a series, where it may be met again.
}

type series struct{ customer, route, status string }

// NewRecorder begins one. Close ends it.
func NewRecorder(store *luminate.Store, queue, size int, every time.Duration, log func(string, ...any)) *Recorder {
	r := &Recorder{store: store, log: log, every: every, size: size, queue: make(chan Request, queue),
		stop: make(chan struct{}), done: make(chan struct{}), last: make(map[series]int64)}
	go r.run()
	return r
}

// Record takes a request without ever waiting.
func (r *Recorder) Record(request Request) {
	select {
	case r.queue <- request:
	default:
		r.lost.Add(1)
	}
}

// Lost is the number of requests that were not recorded.
func (r *Recorder) Lost() uint64 { return r.lost.Load() }

// Close writes what is queued, and waits for that as long as the context lets it. Nobody may be answering requests any
// more: what is recorded from now on is lost.
func (r *Recorder) Close(ctx context.Context) error {
	r.stopOnce.Do(func() { close(r.stop) })
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Recorder) run() {
	defer close(r.done)
	ticker := time.NewTicker(r.every)
	defer ticker.Stop()
	for {
		queue := r.queue
		if r.batch.Len() >= r.size { // The store is away: whoever waits for it waits in the queue.
			queue = nil
		}
		select {
		case request := <-queue:
			r.add(request)
			if r.batch.Len() == r.size {
				r.write()
			}
		case <-ticker.C:
			r.write()
		case <-r.stop:
			r.drain()
			return
		}
	}
}

func (r *Recorder) drain() {
	for {
		select {
		case request := <-r.queue:
			r.add(request)
			if r.batch.Len() < r.size {
				continue
			}
			r.write()
		default:
			r.write()
		}
		if len(r.queue) == 0 || r.batch.Len() >= r.size { // Written, or the store is away.
			r.lost.Add(uint64(r.batch.Len() + len(r.queue)))
			return
		}
	}
}

func (r *Recorder) add(request Request) {
	s := series{request.Customer, request.Route, strconv.Itoa(request.Status/100) + "xx"}
	// Of two samples of one series and one millisecond the second would replace the first: it takes the next millisecond.
	at := request.At.UnixMilli()
	if last, found := r.last[s]; found && at <= last {
		at = last + 1
	}
	r.last[s] = at
	named := r.batch.Series(metric, "customer_id", s.customer, "route", s.route, "status", s.status)
	r.batch.AddMillis(named, at, float64(request.Latency)/float64(time.Millisecond))
}

// write stores the batch and empties it, unless the store may take it later: to write a point again is harmless.
func (r *Recorder) write() {
	if r.batch.Len() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report, err := r.store.Write(ctx, &r.batch)
	var failed *luminate.Error
	switch {
	case errors.As(err, &failed) && failed.Retryable:
		r.log("%d requests wait for the store: %v", r.batch.Len(), err)
		return
	case err != nil:
		r.log("%d requests were not recorded: %v", r.batch.Len(), err)
		r.lost.Add(uint64(r.batch.Len()))
	case len(report.Refused) > 0:
		r.log("%d requests were not recorded: %v", len(report.Refused), report.Refused[0])
		r.lost.Add(uint64(len(report.Refused)))
	}
	r.batch.Reset()
	now := time.Now().UnixMilli()
	for s, last := range r.last {
		if last < now { // No request will meet it any more.
			delete(r.last, s)
		}
	}
}
