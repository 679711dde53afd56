package luminate

// #include "bridge.h"
import "C"

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"time"
)

// Batch is points on their way into a store, held as columns in Go's memory: each series once, and for every point the
// number of its series, its time and its value. The zero value is ready for use.
//
//	var batch luminate.Batch
//	latency := batch.Series("api_latency", "customer_id", "c1") // name a series once ...
//	batch.Add(latency, time.Now(), 12.5)                        // ... then add to it for next to nothing
//	report, err := store.Write(ctx, &batch)
//
// Anything may be added; what breaks a rule of the data model is refused point by point when the batch is written.
// A batch belongs to one goroutine at a time, and may be reset and used again, which keeps its memory.
type Batch struct {
	texts      texts
	seriesEnds []C.size_t
	series     []Series
	timestamps []int64
	values     []float64

	known  seriesIndex
	seed   maphash.Seed // Of the hashes in it.
	seeded bool
	keys   []string // Of SeriesOf(), to be sorted.
	err    error    // What was wrong first: Write fails with it.
}

// Series is the number by which a batch knows a series until it is reset.
type Series uint32

// Point is one measurement.
type Point struct {
	Metric     string
	Time       time.Time
	Value      float64
	Dimensions map[string]string
}

// Series gives the number of the series of a metric with dimensions, given as key, value, key, value ...: the quickest
// way. The same texts in the same order get the same number. A key without a value makes Write fail.
func (b *Batch) Series(metric string, dimensions ...string) Series {
	if len(dimensions)%2 != 0 {
		b.fail("series %d, of metric %q, has the key %q without a value", len(b.seriesEnds), metric,
			dimensions[len(dimensions)-1])
		dimensions = dimensions[:len(dimensions)-1]
	}
	begin := len(b.texts.ends)
	b.texts.add(metric)
	for _, text := range dimensions {
		b.texts.add(text)
	}
	return b.remember(begin)
}

// SeriesOf is Series for dimensions in a map.
func (b *Batch) SeriesOf(metric string, dimensions map[string]string) Series {
	b.keys = b.keys[:0]
	for key := range dimensions { // Sorted by insertion: they are few, and the map's order is a different one each time.
		at := len(b.keys)
		b.keys = append(b.keys, key)
		for ; at > 0 && b.keys[at-1] > key; at-- {
			b.keys[at] = b.keys[at-1]
		}
		b.keys[at] = key
	}
	begin := len(b.texts.ends)
	b.texts.add(metric)
	for _, key := range b.keys {
		b.texts.add(key)
		b.texts.add(dimensions[key])
	}
	return b.remember(begin)
}

// Add adds a point to a series.
func (b *Batch) Add(series Series, at time.Time, value float64) {
	b.AddMillis(series, at.UnixMilli(), value)
}

// AddMillis is Add for Unix milliseconds.
func (b *Batch) AddMillis(series Series, timestamp int64, value float64) {
	b.series = append(b.series, series)
	b.timestamps = append(b.timestamps, timestamp)
	b.values = append(b.values, value)
}

// AddPoint adds a point that says itself which series it is of.
func (b *Batch) AddPoint(point Point) {
	b.Add(b.SeriesOf(point.Metric, point.Dimensions), point.Time, point.Value)
}

// Append adds a column of points to a series, by Unix milliseconds. Slices of different lengths make Write fail.
func (b *Batch) Append(series Series, timestamps []int64, values []float64) {
	if len(timestamps) != len(values) {
		b.fail("a column has %d timestamps and %d values", len(timestamps), len(values))
		return
	}
	b.timestamps = append(b.timestamps, timestamps...)
	b.values = append(b.values, values...)
	for range values {
		b.series = append(b.series, series)
	}
}

// Len is the number of points.
func (b *Batch) Len() int { return len(b.values) }

// Reset empties the batch and keeps its memory. Series have to be named anew.
func (b *Batch) Reset() {
	b.texts.clear()
	b.seriesEnds = b.seriesEnds[:0]
	b.series = b.series[:0]
	b.timestamps = b.timestamps[:0]
	b.values = b.values[:0]
	b.known.clear()
	b.err = nil
}

func (b *Batch) fail(format string, arguments ...any) {
	if b.err == nil {
		b.err = newError(ErrInvalidRequest, "", fmt.Sprintf(format, arguments...))
	}
}

// remember finds the series whose texts were added last, from `begin`, and takes them out again if it is known already.
func (b *Batch) remember(begin int) Series {
	if !b.seeded {
		b.seed = maphash.MakeSeed()
		b.seeded = true
	}
	next := Series(len(b.seriesEnds))
	hash := maphash.Bytes(b.seed, b.texts.bytes[b.textBegin(begin):])
	series := b.known.find(uint32(hash), next, func(known Series) bool { return b.sameTexts(known, begin) })
	if series == next {
		b.seriesEnds = append(b.seriesEnds, C.size_t(len(b.texts.ends)))
	} else {
		b.texts.bytes = b.texts.bytes[:b.textBegin(begin)]
		b.texts.ends = b.texts.ends[:begin]
	}
	return series
}

// textBegin is the byte at which a text begins.
func (b *Batch) textBegin(text int) C.size_t {
	if text == 0 {
		return 0
	}
	return b.texts.ends[text-1]
}

// sameTexts compares the texts of a series with those from `begin`, which are the last.
func (b *Batch) sameTexts(series Series, begin int) bool {
	from, to := 0, int(b.seriesEnds[series])
	if series > 0 {
		from = int(b.seriesEnds[series-1])
	}
	if to-from != len(b.texts.ends)-begin {
		return false
	}
	shift := b.textBegin(begin) - b.textBegin(from)
	for i := from; i < to; i++ {
		if b.texts.ends[i]+shift != b.texts.ends[begin+i-from] {
			return false
		}
	}
	return bytes.Equal(b.texts.bytes[b.textBegin(from):b.texts.ends[to-1]], b.texts.bytes[b.textBegin(begin):])
}
