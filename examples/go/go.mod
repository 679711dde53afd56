module github.com/luminate/luminate/examples/go

go 1.19

require github.com/luminate/luminate/capi/go v0.0.0

replace github.com/luminate/luminate/capi/go => ../../capi/go
