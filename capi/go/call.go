package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"math"
	"time"
)

// call is a context as the library knows it: a deadline, and a way to cancel.
type call struct {
	context context.Context
	handle  *C.luminate_call // nil where the context never ends.
	done    chan struct{}    // Closed by end().
}

// beginCall fails where the context has ended already.
func beginCall(ctx context.Context) (call, error) {
	if err := ctx.Err(); err != nil {
		return call{}, endedError(err)
	}
	c := call{context: ctx}
	deadline, timed := ctx.Deadline()
	if !timed && ctx.Done() == nil {
		return c, nil
	}
	var failure *C.luminate_error
	if err := takeError(C.luminate_call_create(&c.handle, &failure), failure); err != nil {
		return call{}, err
	}
	if timed {
		// A millisecond is the library's finest: rounded up, so that it never gives up before the context does.
		left := time.Until(deadline)
		if left < 0 {
			left = 0
		}
		if left <= math.MaxInt64-time.Millisecond { // Else a deadline in the far future, of which this is the most.
			left += time.Millisecond - 1
		}
		left /= time.Millisecond
		if err := takeError(C.luminate_call_set_timeout(c.handle, C.int64_t(left), &failure), failure); err != nil {
			C.luminate_call_destroy(c.handle)
			return call{}, err
		}
	}
	c.done = make(chan struct{})
	go watch(ctx, c.handle, timed, c.done)
	return c, nil
}

// watch carries a cancellation over, and destroys the call when it has ended.
func watch(ctx context.Context, handle *C.luminate_call, timed bool, done <-chan struct{}) {
	select {
	case <-ctx.Done():
		// The library has the deadline too, and says more about it.
		if !timed || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.luminate_call_cancel(handle)
		}
		<-done
	case <-done:
	}
	C.luminate_call_destroy(handle)
}

func (c call) end() {
	if c.done != nil {
		close(c.done)
	}
}

// took is takeError() for calls of the library that were given this.
func (c call) took(status C.luminate_status, failure *C.luminate_error) error {
	err := takeError(status, failure)
	if failed, ok := err.(*Error); ok && c.handle != nil {
		switch failed.Code {
		case ErrCancelled:
			failed.cause = c.context.Err()
		case ErrQueryTimeout:
			// The library may be a moment ahead of the context. A time of the query's own may have been shorter.
			if deadline, timed := c.context.Deadline(); timed && !time.Now().Before(deadline) {
				failed.cause = context.DeadlineExceeded
			}
		}
	}
	return err
}

// endedError is for a context that ended while the library was not at work.
func endedError(cause error) *Error {
	err := newError(ErrCancelled, "", "the context was cancelled before the library was called")
	if errors.Is(cause, context.DeadlineExceeded) {
		err = newError(ErrQueryTimeout, "", "the context's deadline had passed before the library was called")
	}
	err.cause = cause
	return err
}
