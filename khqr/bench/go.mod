module rieltime/khqr/bench

go 1.26.8

require rieltime v0.0.0

replace rieltime => ../..
