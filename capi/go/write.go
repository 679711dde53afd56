package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"
)

// WriteReport says what became of the points of a write.
type WriteReport struct {
	Accepted uint64    // Points that are stored.
	Refused  []Refusal // The others, by Index.
}

// Refusal is a point that breaks a rule of the data model. errors.Is finds its code.
type Refusal struct {
	Index   int // Of the point in the batch, from 0.
	Metric  string
	Code    Code
	Message string
}

func (r Refusal) Error() string {
	return fmt.Sprintf("%v: point %d: %s", r.Code.Error(), r.Index, r.Message)
}

// Unwrap gives the code.
func (r Refusal) Unwrap() error { return r.Code }

// Write stores the good points of a batch, all of them or none, durably before it returns, and reports the others.
// A point with the series and the time of an earlier one replaces it. The batch stays as it is.
//
// [ErrBatchTooLarge] beyond the option "batch_write.max_batch_size"; [ErrStorageUnavailable], which may be in doubt.
func (s *Store) Write(ctx context.Context, batch *Batch) (WriteReport, error) {
	if batch.err != nil {
		return WriteReport{}, batch.err
	}
	return report(s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_go_write(s.handle, batch.chars(), first(batch.texts.ends), C.size_t(len(batch.texts.ends)),
			first(batch.seriesEnds), C.size_t(len(batch.seriesEnds)), batch.seriesColumn(), batch.timestampColumn(),
			batch.valueColumn(), C.size_t(batch.Len()), a.call, &a.count, &a.table, &a.failure)
	}))
}

// WriteJSON decodes and writes points in the JSON form of HTTP writes, {"metrics": [{name, timestamp, value,
// dimensions}, ...]}; else as Write. [ErrInvalidRequest], with the field and the index of the point, for bytes that are
// not of that form, and [ErrRequestTooLarge]; nothing is stored then.
func (s *Store) WriteJSON(ctx context.Context, json []byte) (WriteReport, error) {
	return report(s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_write_bytes(s.handle, C.LUMINATE_FORMAT_JSON, unsafe.Pointer(first(json)),
			C.size_t(len(json)), a.call, &a.count, &a.table, &a.failure)
	}))
}

func report(a *asked, err error) (WriteReport, error) {
	if err != nil {
		return WriteReport{}, err
	}
	return WriteReport{Accepted: uint64(a.count), Refused: takeRefusals(a.table)}, nil
}

// takeRefusals copies a table of refused points, and destroys it. There is none where nothing was refused.
func takeRefusals(table *C.luminate_result) []Refusal {
	if table == nil {
		return nil
	}
	result := newResult(table)
	defer result.Close()
	refusals := make([]Refusal, result.Len())
	indices, metrics := result.Integers("index"), result.Strings("metric")
	codes, messages := result.Integers("code"), result.Strings("message")
	for i := range refusals {
		refusals[i] = Refusal{Index: int(indices[i]), Metric: metrics[i], Code: Code(codes[i]), Message: messages[i]}
	}
	return refusals
}

// The columns of a batch, lent to C for the length of one call.

func (b *Batch) chars() *C.char { return (*C.char)(unsafe.Pointer(first(b.texts.bytes))) }

func (b *Batch) seriesColumn() *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(first(b.series))) }

func (b *Batch) timestampColumn() *C.int64_t {
	return (*C.int64_t)(unsafe.Pointer(first(b.timestamps)))
}

func (b *Batch) valueColumn() *C.double { return (*C.double)(unsafe.Pointer(first(b.values))) }
