package luminate

// #include "bridge.h"
import "C"

import (
	"runtime"
	"time"
)

// Validator judges points as a store would that was opened with the same options, without one. What a store holds
// already, and so cardinality, is not its concern. Any number of goroutines may use it.
type Validator struct {
	handle *C.luminate_validator
	uses   uses
}

// NewValidator makes one. It fails with [ErrInvalidOption].
func NewValidator(options ...Option) (*Validator, error) {
	made, err := makeOptions(options)
	if err != nil {
		return nil, err
	}
	defer C.luminate_options_destroy(made)
	validator := new(Validator)
	var failure *C.luminate_error
	if err := takeError(C.luminate_validator_create(made, &validator.handle, &failure), failure); err != nil {
		return nil, err
	}
	runtime.SetFinalizer(validator, (*Validator).Close)
	return validator, nil
}

// Check gives the points of a batch that would be refused if they were written at the time `now`.
func (v *Validator) Check(batch *Batch, now time.Time) ([]Refusal, error) {
	if batch.err != nil {
		return nil, batch.err
	}
	if !v.uses.begin() {
		return nil, newError(ErrInvalidRequest, "", "the validator was closed")
	}
	defer v.endUse()
	var refused *C.luminate_result
	var failure *C.luminate_error
	status := C.luminate_go_check(v.handle, batch.chars(), first(batch.texts.ends), C.size_t(len(batch.texts.ends)),
		first(batch.seriesEnds), C.size_t(len(batch.seriesEnds)), batch.seriesColumn(), batch.timestampColumn(),
		batch.valueColumn(), C.size_t(batch.Len()), C.int64_t(now.UnixMilli()), &refused, &failure)
	if err := takeError(status, failure); err != nil {
		return nil, err
	}
	return takeRefusals(refused), nil
}

// Close gives its memory back. Closing again is harmless.
func (v *Validator) Close() error {
	if v.uses.close() {
		C.luminate_validator_destroy(v.handle)
	}
	return nil
}

func (v *Validator) endUse() {
	if v.uses.end() {
		C.luminate_validator_destroy(v.handle)
	}
}
