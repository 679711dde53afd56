module github.com/luminate/luminate/capi/go

go 1.19
