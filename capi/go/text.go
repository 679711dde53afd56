package luminate

// #include "bridge.h"
import "C"

import "unsafe"

// chars lends the bytes of a text to C for the length of one call: the library copies what it is given.
func chars(text string) (*C.char, C.size_t) {
	if text == "" {
		return nil, 0
	}
	// The first word of a string is its address; unsafe.StringData came with Go 1.20.
	return (*C.char)(*(*unsafe.Pointer)(unsafe.Pointer(&text))), C.size_t(len(text))
}

// texts are many texts as C takes them: one behind the other, and where each ends.
type texts struct {
	bytes []byte
	ends  []C.size_t
}

func (t *texts) add(text string) {
	t.bytes = append(t.bytes, text...)
	t.ends = append(t.ends, C.size_t(len(t.bytes)))
}

func (t *texts) clear() {
	t.bytes = t.bytes[:0]
	t.ends = t.ends[:0]
}

// first gives the address of the first element of a slice to C, for the length of one call; nil of an empty one.
func first[T any](values []T) *T {
	if len(values) == 0 {
		return nil
	}
	return &values[0]
}

func flag(yes bool) C.int32_t {
	if yes {
		return 1
	}
	return 0
}
