package luminate_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// heavyStore has so much that heavyQuery takes seconds.
func heavyStore(t *testing.T) *luminate.Store {
	store := open(t, append(large(), luminate.WithOption("query_limits.max_query_threads", "1"))...)
	var batch luminate.Batch
	for series := 0; series < 20; series++ {
		id := batch.Series("m", "id", string(rune('a'+series)))
		for i := int64(0); i < 50_000; i++ {
			batch.AddMillis(id, noon+i, float64((i*7919)%10_007))
		}
	}
	write(t, store, &batch)
	return store
}

func heavyQuery() luminate.Query {
	return luminate.Aggregate("m", luminate.P50, luminate.P95, luminate.P99, luminate.Quantile(0.1),
		luminate.Quantile(0.2), luminate.Quantile(0.3), luminate.Quantile(0.4), luminate.Quantile(0.6),
		luminate.Quantile(0.7), luminate.StdDev, luminate.Integral).
		Between(at(0), at(50)).By("id").Every(10 * time.Millisecond)
}

// underWay asks until the query has begun before the context ends, which a busy machine may prevent.
func underWay(t *testing.T, code luminate.Code, ask func(wait time.Duration) error) error {
	t.Helper()
	for wait := 30 * time.Millisecond; ; wait *= 2 {
		err := ask(wait)
		if failed := failure(t, err, code); !strings.Contains(failed.Message, "before the library was called") {
			return err
		}
		if wait > 10*time.Second {
			t.Fatalf("the query never began: %v", err)
		}
	}
}

func TestContextsEndHeavyQueries(t *testing.T) {
	store := heavyStore(t)
	cancelled := func(ctx context.Context) func(time.Duration) error {
		return func(wait time.Duration) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			go func() {
				time.Sleep(wait)
				cancel()
			}()
			_, err := store.Query(ctx, heavyQuery())
			return err
		}
	}
	t.Run("by cancellation", func(t *testing.T) {
		err := underWay(t, luminate.ErrCancelled, cancelled(background))
		if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
			errors.Is(err, luminate.ErrQueryTimeout) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("by a deadline", func(t *testing.T) {
		err := underWay(t, luminate.ErrQueryTimeout, func(wait time.Duration) error {
			ctx, cancel := context.WithTimeout(background, wait+500*time.Microsecond)
			defer cancel()
			_, err := store.Query(ctx, heavyQuery())
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	hour, cancel := context.WithTimeout(background, time.Hour)
	defer cancel()
	t.Run("by cancellation before the deadline", func(t *testing.T) {
		if err := underWay(t, luminate.ErrCancelled, cancelled(hour)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unless the query's own timeout is shorter", func(t *testing.T) {
		_, err := store.Query(hour, heavyQuery().Timeout(time.Millisecond))
		failure(t, err, luminate.ErrQueryTimeout)
		if errors.Is(err, context.DeadlineExceeded) || errors.Unwrap(err) != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestAContextThatHasEndedStopsEveryCall(t *testing.T) {
	store := open(t)
	cancelled, cancel := context.WithCancel(background)
	cancel()
	late, cancelLate := context.WithDeadline(background, time.Now().Add(-time.Second))
	defer cancelLate()
	var batch luminate.Batch
	batch.Add(batch.Series("m"), at(0), 1)
	for ctx, want := range map[context.Context]struct {
		code  luminate.Code
		cause error
	}{
		cancelled: {luminate.ErrCancelled, context.Canceled},
		late:      {luminate.ErrQueryTimeout, context.DeadlineExceeded},
	} {
		_, err := store.Write(ctx, &batch)
		failure(t, err, want.code)
		if !errors.Is(err, want.cause) {
			t.Errorf("Write: %v", err)
		}
		if _, err := store.Query(ctx, luminate.Range("m").Between(at(0), at(1))); !errors.Is(err, want.cause) {
			t.Errorf("Query: %v", err)
		}
		if _, err := store.Stream(ctx, luminate.Range("m").Between(at(0), at(1))); !errors.Is(err, want.cause) {
			t.Errorf("Stream: %v", err)
		}
		if err := store.Compact(ctx); !errors.Is(err, want.cause) {
			t.Errorf("Compact: %v", err)
		}
	}
	if count, _ := store.SeriesCount(background, ""); count != 0 {
		t.Error("a cancelled write was carried out")
	}
}

func TestContextsLeaveNoGoroutinesBehind(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 1)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for i := 0; i < 100; i++ {
		timed, cancelTimed := context.WithTimeout(ctx, time.Minute)
		result, err := store.Query(timed, luminate.Range("api_latency").Between(at(0), at(1)))
		if err != nil {
			t.Fatal(err)
		}
		result.Close()
		if _, err := store.Query(timed, luminate.Range("not a name")); err == nil {
			t.Fatal("a wrong query was answered")
		}
		stream, err := store.Stream(timed, luminate.Range("api_latency").Between(at(0), at(1)))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			for stream.Next() { // To the end, which ends it.
			}
		} else {
			stream.Close()
		}
		defer cancelTimed()
	}
	eventually(t, "the goroutines of 300 calls are gone", func() bool { return runtime.NumGoroutine() <= before })
}

// eventually waits for what other goroutines bring about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("not so: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

func TestErrorsSayTheirCode(t *testing.T) {
	_, err := luminate.Open("nothing")
	if text := err.Error(); !strings.HasPrefix(text, "luminate: INVALID_OPTION: ") {
		t.Errorf("got %q", text)
	}
	for code, name := range map[luminate.Code]string{luminate.ErrStorageLocked: "STORAGE_LOCKED", 12345: "UNKNOWN",
		luminate.ErrInternal: "INTERNAL_ERROR", -1: "UNKNOWN"} {
		if code.String() != name || code.Error() != "luminate: "+name {
			t.Errorf("%d is %q", int(code), code.String())
		}
	}
}

func TestDeadlinesMayBeFarAway(t *testing.T) {
	store := open(t)
	for _, deadline := range []time.Time{
		time.Now().Add(math.MaxInt64), // As context.WithTimeout() makes it: "for ever".
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		ctx, cancel := context.WithDeadline(background, deadline)
		defer cancel()
		if _, err := store.Metrics(ctx, luminate.Listing{}); err != nil {
			t.Errorf("%v: %v", deadline, err)
		}
	}
}
