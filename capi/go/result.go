package luminate

// #include "bridge.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// Type is what a column holds. Newer libraries may have types that are not listed here.
type Type int32

const (
	TypeInteger Type = C.LUMINATE_INTEGER // int64
	TypeNumber  Type = C.LUMINATE_NUMBER  // float64; a sum beyond its range is infinite
	TypeTime    Type = C.LUMINATE_TIME    // int64, Unix milliseconds
	TypeText    Type = C.LUMINATE_TEXT    // texts that come again and again
)

// Column is a column of a result by name and type.
type Column struct {
	Name string
	Type Type
}

// Result is a table: columns by name, all of one length. Any number of goroutines may read it.
//
// [Collect] copies its rows into structs. Quicker, and without a copy, are its columns as slices over the library's
// memory: what Integers, Numbers and Codes give is valid until Close. What Texts, Strings and JSON give is Go's own.
//
// A result that nobody closed is given back with the garbage, unless it has lent a column: a slice cannot keep it
// alive, so that only Close may end it.
type Result struct {
	handle  *C.luminate_result
	uses    uses
	table   C.luminate_go_table
	columns []C.luminate_go_column // Set by describe(), which runs once.
	names   []Column
	lent    atomic.Bool
}

func newResult(handle *C.luminate_result) *Result {
	var table C.luminate_go_table
	C.luminate_go_describe(handle, &table)
	return describedResult(handle, table)
}

func describedResult(handle *C.luminate_result, table C.luminate_go_table) *Result {
	result := &Result{handle: handle, table: table}
	if table.columns > 0 {
		result.columns = make([]C.luminate_go_column, table.columns)
		result.names = make([]Column, table.columns)
		C.luminate_go_columns(handle, &result.columns[0], table.columns)
		for i := range result.names {
			result.names[i] = Column{Name: C.GoString(result.columns[i].name), Type: Type(result.columns[i]._type)}
		}
	}
	runtime.SetFinalizer(result, (*Result).forget)
	return result
}

// Len is the number of rows.
func (r *Result) Len() int { return int(r.table.rows) }

// Columns lists the columns, in the order of the table. It is not to be changed.
func (r *Result) Columns() []Column { return r.names }

// Integers is a column of integers, or of times as Unix milliseconds, valid until Close; nil if there is none of that
// name and type.
func (r *Result) Integers(column string) []int64 {
	return lend[int64](r, r.find(column, TypeInteger, TypeTime))
}

// Numbers is a column of numbers, valid until Close; nil if there is none of that name and type.
func (r *Result) Numbers(column string) []float64 {
	return lend[float64](r, r.find(column, TypeNumber))
}

// Codes is a column of texts by their positions in Texts, -1 where the text is missing, valid until Close; nil if there
// is none of that name and type.
func (r *Result) Codes(column string) []int32 { return lend[int32](r, r.find(column, TypeText)) }

// Texts is the distinct texts of a text column; nil if there is none of that name and type.
func (r *Result) Texts(column string) []string {
	found := r.find(column, TypeText)
	if found < 0 || !r.uses.begin() {
		return nil
	}
	defer r.endUse()
	return r.texts(found)
}

// Strings is a column of texts, one a row, "" where it is missing; nil if there is none of that name and type.
func (r *Result) Strings(column string) []string {
	found := r.find(column, TypeText)
	if found < 0 || !r.uses.begin() {
		return nil
	}
	defer r.endUse()
	texts := r.texts(found)
	rows := make([]string, r.Len())
	for i, code := range view[int32](r, found) {
		if code >= 0 {
			rows[i] = texts[code]
		}
	}
	return rows
}

// Times is a copy of a column of times; nil if there is none of that name and type.
func (r *Result) Times(column string) []time.Time {
	found := r.find(column, TypeTime)
	if found < 0 || !r.uses.begin() {
		return nil
	}
	defer r.endUse()
	rows := make([]time.Time, r.Len())
	for i, timestamp := range view[int64](r, found) {
		rows[i] = time.UnixMilli(timestamp)
	}
	return rows
}

// Truncated says whether more samples matched than the limit let through. Of answers to queries, like the next two.
func (r *Result) Truncated() bool { return r.table.truncated != 0 }

// PointsScanned is the number of samples that were looked at.
func (r *Result) PointsScanned() uint64 { return uint64(r.table.points_scanned) }

// ExecutionTime is how long the store took.
func (r *Result) ExecutionTime() time.Duration {
	return time.Duration(r.table.execution_time_us) * time.Microsecond
}

// JSON is the answer to a query as HTTP gives it; [ErrInvalidRequest] for other tables.
func (r *Result) JSON() ([]byte, error) {
	if !r.uses.begin() {
		return nil, newError(ErrInvalidRequest, "", "the result was closed")
	}
	defer r.endUse()
	var json *C.char
	var size C.size_t
	var failure *C.luminate_error
	if err := takeError(C.luminate_result_json(r.handle, &json, &size, &failure), failure); err != nil {
		return nil, err
	}
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(json)), size)...), nil
}

// Close gives the memory back: the columns that were lent end here, and there are none any more. Closing again is
// harmless.
func (r *Result) Close() error {
	if r.uses.close() {
		C.luminate_result_destroy(r.handle)
	}
	return nil
}

// forget is for a result that nobody closed.
func (r *Result) forget() {
	if !r.lent.Load() {
		r.Close()
	}
}

func (r *Result) endUse() {
	if r.uses.end() {
		C.luminate_result_destroy(r.handle)
	}
}

// find gives the position of a column of one of the types, or -1.
func (r *Result) find(column string, types ...Type) int {
	for i, there := range r.names {
		if there.Name != column {
			continue
		}
		for _, wanted := range types {
			if there.Type == wanted {
				return i
			}
		}
	}
	return -1
}

// texts copies the distinct texts of a column: they share one string.
func (r *Result) texts(column int) []string {
	c := &r.columns[column]
	texts := make([]string, c.text_count)
	if len(texts) == 0 {
		return texts
	}
	ends := unsafe.Slice(c.ends, c.text_count)
	all := string(unsafe.Slice((*byte)(unsafe.Pointer(c.texts)), ends[len(ends)-1]))
	begin := C.size_t(0)
	for i, end := range ends {
		texts[i] = all[begin:end]
		begin = end
	}
	return texts
}

// view is a column for the length of a use of the result.
func view[T int64 | float64 | int32](r *Result, column int) []T {
	data := r.columns[column].data
	if data == nil {
		return nil
	}
	return unsafe.Slice((*T)(data), r.Len())
}

// lend is a column until Close.
func lend[T int64 | float64 | int32](r *Result, column int) []T {
	if column < 0 || !r.uses.begin() {
		return nil
	}
	defer r.endUse()
	r.lent.Store(true)
	return view[T](r, column)
}
