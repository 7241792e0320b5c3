module handfast/bench/peers/go

go 1.19
