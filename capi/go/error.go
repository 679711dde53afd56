package luminate

// #include "bridge.h"
import "C"

// Error is what every call of this package fails with.
type Error struct {
	Code Code
	// Message is one line that says what was wrong, where, and what would be right.
	Message string
	// Field is the part of the input that is wrong, such as "timeRange.start", or "".
	Field string
	// Retryable says whether the same call may succeed later without any change.
	Retryable bool
	// InDoubt says whether a write may have happened or not. Writing the same points again is always harmless.
	InDoubt bool
	// Index says which element of an array is wrong, from 0; -1 where it is not about one.
	Index int64

	// cause is the error of the context that ended the call.
	cause error
}

func (e *Error) Error() string { return e.Code.Error() + ": " + e.Message }

// Is finds the code: errors.Is(err, luminate.ErrQueryTimeout).
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap gives the error of the context that ended the call, context.Canceled or context.DeadlineExceeded; else nil.
func (e *Error) Unwrap() error { return e.cause }

func newError(code Code, field, message string) *Error {
	return &Error{Code: code, Message: message, Field: field, Index: -1}
}

// takeError turns what a function of the library failed with into a Go error, and destroys it. nil for OK.
func takeError(status C.luminate_status, failure *C.luminate_error) error {
	if status == C.LUMINATE_OK {
		return nil
	}
	if failure == nil { // There was no memory for more than the status.
		return newError(Code(status), "", "the library has no more to say")
	}
	defer C.luminate_error_destroy(failure)
	return &Error{
		Code:      Code(C.luminate_error_code(failure)),
		Message:   C.GoString(C.luminate_error_message(failure)),
		Field:     C.GoString(C.luminate_error_field(failure)),
		Retryable: C.luminate_error_retryable(failure) != 0,
		InDoubt:   C.luminate_error_in_doubt(failure) != 0,
		Index:     int64(C.luminate_error_index(failure)),
	}
}
