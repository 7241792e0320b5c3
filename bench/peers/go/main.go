// Go's channels under the workloads of bench/workloads.hpp: one measurement a
// process, printed as one JSON line.
//
//	peer WORKLOAD CAPACITY N        peer task/spsc 64 1000000
//
// thr/ rows lock every goroutine to an OS thread of its own; task/ rows leave
// them to Go's scheduler, on one processor.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

type outcome struct {
	Peer     string `json:"peer"`
	Version  string `json:"version"`
	Workload string `json:"workload"`
	Capacity int    `json:"capacity"`
	N        uint64 `json:"n"`
	WallNs   int64  `json:"wall_ns"`
	CPUNs    int64  `json:"cpu_ns"`
	Switches int64  `json:"switches"`
	SumOK    bool   `json:"sum_ok"`
}

// cost is what a timed stretch took.
type cost struct {
	wall, cpu, switches int64
}

func usage() (cpu, switches int64) {
	var now syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &now); err != nil {
		panic(err)
	}
	return now.Utime.Nano() + now.Stime.Nano(), now.Nvcsw + now.Nivcsw
}

// runCrew runs every part on a goroutine of its own, made first and held at a
// gate; the clock runs from its opening to the last part's end.
func runCrew(ownThreads bool, parts []func()) cost {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(len(parts))
	done.Add(len(parts))
	for _, part := range parts {
		go func(part func()) {
			defer done.Done()
			if ownThreads {
				runtime.LockOSThread()
			}
			ready.Done()
			<-gate
			part()
		}(part)
	}
	ready.Wait()
	cpu, switches := usage()
	start := time.Now()
	close(gate)
	done.Wait()
	wall := time.Since(start).Nanoseconds()
	cpuAfter, switchesAfter := usage()
	return cost{wall, cpuAfter - cpu, switchesAfter - switches}
}

func sumUpTo(n uint64) uint64 { return n * (n + 1) / 2 }

func manyToMany(ownThreads bool, producers, consumers, n uint64, capacity int) (cost, uint64, bool) {
	eachSends := n / (producers * consumers) * consumers
	total := eachSends * producers
	eachReceives := total / consumers
	channel := make(chan uint64, capacity)
	sums := make([]uint64, consumers)
	var parts []func()
	for producer := uint64(0); producer < producers; producer++ {
		first := producer * eachSends
		parts = append(parts, func() {
			for item := uint64(1); item <= eachSends; item++ {
				channel <- first + item
			}
		})
	}
	for consumer := range sums {
		into := &sums[consumer]
		parts = append(parts, func() {
			sum := uint64(0)
			for received := uint64(0); received < eachReceives; received++ {
				sum += <-channel
			}
			*into = sum
		})
	}
	spent := runCrew(ownThreads, parts)
	sum := uint64(0)
	for _, part := range sums {
		sum += part
	}
	return spent, total, sum == sumUpTo(total)
}

func pingpong(ownThreads bool, n uint64, capacity int) (cost, uint64, bool) {
	there := make(chan uint64, capacity)
	back := make(chan uint64, capacity)
	sum := uint64(0)
	spent := runCrew(ownThreads, []func(){
		func() {
			for trip := uint64(1); trip <= n; trip++ {
				there <- trip
				sum += <-back
			}
		},
		func() {
			for trip := uint64(1); trip <= n; trip++ {
				back <- <-there
			}
		},
	})
	return spent, n, sum == sumUpTo(n)
}

func seqpair(ownThreads bool, n uint64, capacity int) (cost, uint64, bool) {
	channel := make(chan uint64, capacity)
	sum := uint64(0)
	spent := runCrew(ownThreads, []func(){func() {
		total := uint64(0)
		for pair := uint64(1); pair <= n; pair++ {
			channel <- pair
			total += <-channel
		}
		sum = total
	}})
	return spent, n, sum == sumUpTo(n)
}

func run(crew, workload string, n uint64, capacity int) (spent cost, items uint64, ok, known bool) {
	own := crew == "thr"
	known = own || crew == "task"
	if !known {
		return
	}
	switch workload {
	case "spsc":
		spent, items, ok = manyToMany(own, 1, 1, n, capacity)
	case "mpsc2":
		spent, items, ok = manyToMany(own, 2, 1, n, capacity)
	case "mpmc22":
		spent, items, ok = manyToMany(own, 2, 2, n, capacity)
	case "pingpong":
		spent, items, ok = pingpong(own, n, capacity)
	case "seqpair":
		spent, items, ok = seqpair(own, n, capacity)
	default:
		known = false
	}
	return
}

func refuse(why string) {
	fmt.Fprintf(os.Stderr, "go peer: %s; usage: peer WORKLOAD CAPACITY N\n", why)
	os.Exit(2)
}

func main() {
	if len(os.Args) != 4 {
		refuse("three words are needed")
	}
	crew, workload, _ := strings.Cut(os.Args[1], "/")
	capacity, badCapacity := strconv.Atoi(os.Args[2])
	n, badN := strconv.ParseUint(os.Args[3], 10, 64)
	if badCapacity != nil || badN != nil || capacity < 1 || n < 1 {
		refuse("CAPACITY and N are whole numbers from 1")
	}
	if crew == "task" {
		runtime.GOMAXPROCS(1)
	}
	_, _, warm, known := run(crew, workload, n/10, capacity)
	if !known {
		refuse("no workload '" + os.Args[1] + "'")
	}
	spent, items, ok, _ := run(crew, workload, n, capacity)
	line, err := json.Marshal(outcome{
		Peer: "go", Version: strings.TrimPrefix(runtime.Version(), "go"),
		Workload: os.Args[1], Capacity: capacity, N: items,
		WallNs: spent.wall, CPUNs: spent.cpu, Switches: spent.switches, SumOK: warm && ok,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
	if !warm || !ok {
		os.Exit(1)
	}
}
