package luminate_test

import (
	"context"
	"errors"
	"testing"

	luminate "github.com/luminate/luminate/capi/go"
)

// writeMany writes `count` samples of one series, a millisecond each.
func writeMany(t testing.TB, store *luminate.Store, metric string, count int) {
	t.Helper()
	var batch luminate.Batch
	series := batch.Series(metric, "host", "a")
	for i := 0; i < count; i++ {
		batch.AddMillis(series, noon+int64(i), float64(i))
	}
	write(t, store, &batch)
}

func large() []luminate.Option {
	return []luminate.Option{luminate.WithOption("batch_write.max_batch_size", "1000000"),
		luminate.WithOption("query_limits.max_result_points", "1000000")}
}

func TestAStreamGivesEverySampleOnce(t *testing.T) {
	store := open(t, large()...)
	const count = 100_000
	writeMany(t, store, "m", count)
	stream, err := store.Stream(background, luminate.Range("m").Between(at(0), at(count)))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	next := 0
	for stream.Next() {
		for _, value := range stream.Piece().Numbers("value") {
			if value != float64(next) {
				t.Fatalf("sample %d has the value %v", next, value)
			}
			next++
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if next != count {
		t.Errorf("got %d samples, want %d", next, count)
	}
	if stream.Truncated() || stream.PointsScanned() != count {
		t.Errorf("truncated %v, scanned %d", stream.Truncated(), stream.PointsScanned())
	}
	if stream.Next() || stream.Piece() != nil {
		t.Error("there is something behind the last piece")
	}
}

func TestAStreamSaysWhetherThereIsMore(t *testing.T) {
	store := open(t)
	writeMany(t, store, "m", 10)
	stream, err := store.Stream(background, luminate.Range("m").Between(at(0), at(1)).Top(5))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for stream.Next() {
	}
	if stream.Err() != nil || !stream.Truncated() {
		t.Errorf("truncated %v, %v", stream.Truncated(), stream.Err())
	}
}

func TestAStreamIsLeftEarly(t *testing.T) {
	store := open(t, large()...)
	writeMany(t, store, "m", 100_000)
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	stream, err := store.Stream(ctx, luminate.Range("m").Between(at(0), at(1000)))
	if err != nil {
		t.Fatal(err)
	}
	if !stream.Next() {
		t.Fatal(stream.Err())
	}
	piece := stream.Piece()
	for i := 0; i < 2; i++ {
		if err := stream.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Next() || stream.Err() != nil || stream.Piece() != nil || piece.Numbers("value") != nil {
		t.Error("a closed stream goes on")
	}
}

// ending is a context that ends when it is told to, and then says why.
type ending struct {
	context.Context
	done chan struct{}
	err  error
}

func (e *ending) Done() <-chan struct{} { return e.done }

func (e *ending) Err() error {
	select {
	case <-e.done:
		return e.err
	default:
		return nil
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	store := open(t, large()...)
	writeMany(t, store, "m", 100_000)
	for cause, code := range map[error]luminate.Code{
		context.Canceled: luminate.ErrCancelled, context.DeadlineExceeded: luminate.ErrQueryTimeout,
	} {
		ctx := &ending{background, make(chan struct{}), cause}
		stream, err := store.Stream(ctx, luminate.Range("m").Between(at(0), at(1000)))
		if err != nil {
			t.Fatal(err)
		}
		if !stream.Next() {
			t.Fatal(stream.Err())
		}
		close(ctx.done)
		for i := 0; i < 2; i++ {
			if stream.Next() || stream.Piece() != nil {
				t.Errorf("%v: the stream goes on", cause)
			}
			failure(t, stream.Err(), code)
			if !errors.Is(stream.Err(), cause) {
				t.Errorf("got %v, want %v", stream.Err(), cause)
			}
		}
		stream.Close()
	}
}

func TestAStreamEndsWithItsStore(t *testing.T) {
	store := open(t, large()...)
	writeMany(t, store, "m", 100_000)
	stream, err := store.Stream(background, luminate.Range("m").Between(at(0), at(1000)))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	store.Close()
	for stream.Next() {
	}
	failure(t, stream.Err(), luminate.ErrStoreClosed)
}

func TestOnlyRangesAreStreamed(t *testing.T) {
	_, err := open(t).Stream(background, luminate.Rate("m").Between(at(0), at(1)))
	failure(t, err, luminate.ErrInvalidQuery)
}
