package luminate

// #cgo pkg-config: luminate-c
// #include "bridge.h"
import "C"

// Version is that of the library at hand, such as "0.1.0".
func Version() string { return C.GoString(C.luminate_version()) }
