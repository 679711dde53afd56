package luminate

// #include "bridge.h"
import "C"

// Code says what became of a call, and why a point was refused. The numbers never change their meaning; newer libraries
// may have codes that are not listed here. A Code is an error by itself, for errors.Is:
//
//	if errors.Is(err, luminate.ErrStorageLocked) { ... }
type Code int32

// A point breaks a rule of the data model: found in [Refusal].
const (
	ErrInvalidMetricName      Code = C.LUMINATE_INVALID_METRIC_NAME
	ErrInvalidDimensionKey    Code = C.LUMINATE_INVALID_DIMENSION_KEY
	ErrReservedDimension      Code = C.LUMINATE_RESERVED_DIMENSION
	ErrInvalidDimensionValue  Code = C.LUMINATE_INVALID_DIMENSION_VALUE
	ErrDimensionLimitExceeded Code = C.LUMINATE_DIMENSION_LIMIT_EXCEEDED
	ErrInvalidTimestamp       Code = C.LUMINATE_INVALID_TIMESTAMP
	ErrInvalidValue           Code = C.LUMINATE_INVALID_VALUE
	ErrCardinalityExceeded    Code = C.LUMINATE_CARDINALITY_EXCEEDED
)

// A call is not well-formed, or asks for more than a limit allows.
const (
	ErrInvalidRequest  Code = C.LUMINATE_INVALID_REQUEST
	ErrInvalidQuery    Code = C.LUMINATE_INVALID_QUERY
	ErrInvalidOption   Code = C.LUMINATE_INVALID_OPTION
	ErrBatchTooLarge   Code = C.LUMINATE_BATCH_TOO_LARGE
	ErrRequestTooLarge Code = C.LUMINATE_REQUEST_TOO_LARGE
)

// A call was given up.
const (
	// ErrQueryTimeout: its time was up; of other calls than queries too.
	ErrQueryTimeout        Code = C.LUMINATE_QUERY_TIMEOUT
	ErrResultLimitExceeded Code = C.LUMINATE_RESULT_LIMIT_EXCEEDED
	ErrCancelled           Code = C.LUMINATE_CANCELLED
)

// The storage cannot do it.
const (
	// ErrStorageUnavailable: disk full, I/O error, server away. It may work later.
	ErrStorageUnavailable Code = C.LUMINATE_STORAGE_UNAVAILABLE
	// ErrStorageLocked: another process, or another Store, writes this store.
	ErrStorageLocked Code = C.LUMINATE_STORAGE_LOCKED
	// ErrStorageCorrupt: what was read is not what was written.
	ErrStorageCorrupt Code = C.LUMINATE_STORAGE_CORRUPT
	// ErrStorageVersion: written by a newer version, or not a store at all.
	ErrStorageVersion Code = C.LUMINATE_STORAGE_VERSION
	// ErrStoreClosed: Close was called, or this is a forked child of the process that opened the store.
	ErrStoreClosed Code = C.LUMINATE_STORE_CLOSED
)

const (
	ErrOutOfMemory Code = C.LUMINATE_OUT_OF_MEMORY
	// ErrInternal: a bug in Luminate.
	ErrInternal Code = C.LUMINATE_INTERNAL
)

// String is the name that HTTP answers have too, such as "QUERY_TIMEOUT"; "UNKNOWN" for a number that is none of these.
func (c Code) String() string { return C.GoString(C.luminate_status_name(C.luminate_status(c))) }

// Error is the name behind "luminate: ".
func (c Code) Error() string { return "luminate: " + c.String() }
