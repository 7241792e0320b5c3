// Go's goroutines under the workloads of bench/workloads/tasks.hpp, which says what each is.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	oneMillion         = 1_000_000
	oneHundredThousand = 100_000
)

// counted is what work costs for each of items; it says how many were done.
func counted(items uint64, work func() uint64) outcome {
	cpu, switches := usage()
	start := time.Now()
	done := work()
	wall := time.Since(start)
	cpuAfter, switchesAfter := usage()
	return perItem(outcome{Items: items, SumOK: done == items, Figures: map[string]float64{},
		wall: wall, cpu: cpuAfter - cpu, switches: switchesAfter - switches})
}

// onlyTried says whether a measurement is so short that it only shows that the workload works.
func onlyTried(at setting) bool { return at.duration < 10*time.Millisecond }

// whole runs with all items, a hundredth where it is only tried; twice: the first is to warm up.
func whole(at setting, items uint64, run func(items uint64) outcome) outcome {
	if onlyTried(at) {
		items /= 100
	}
	firstOK := run(items).SumOK
	measured := run(items)
	measured.SumOK = measured.SumOK && firstOK
	return measured
}

func spawnMany(items uint64) outcome {
	return counted(items, func() uint64 {
		var done uint64
		var all sync.WaitGroup
		all.Add(int(items))
		for left := items; left > 0; left-- {
			go func() {
				atomic.AddUint64(&done, 1)
				all.Done()
			}()
		}
		all.Wait()
		return done
	})
}

// A handle is a channel for what the goroutine gives.
func spawnNumber() chan uint64 {
	given := make(chan uint64, 1)
	go func() { given <- 1 }()
	return given
}

func spawnWithHandles(items uint64) outcome {
	return counted(items, func() (sum uint64) {
		handles := make([]chan uint64, 0, items)
		for left := items; left > 0; left-- {
			handles = append(handles, spawnNumber())
		}
		for _, each := range handles {
			sum += <-each
		}
		return
	})
}

func spawnJoin(items uint64) outcome {
	return counted(items, func() (sum uint64) {
		var one sync.WaitGroup
		for left := items; left > 0; left-- {
			one.Add(1)
			go func() {
				sum++
				one.Done()
			}()
			one.Wait()
		}
		return
	})
}

func fib(n uint64) uint64 {
	if n < 2 {
		return n
	}
	var first uint64
	var forked sync.WaitGroup
	forked.Add(1)
	go func() {
		first = fib(n - 1)
		forked.Done()
	}()
	second := fib(n - 2)
	forked.Wait()
	return first + second
}

// fibonacci is the same without forks.
func fibonacci(n uint64) uint64 {
	number, next := uint64(0), uint64(1)
	for ; n > 0; n-- {
		number, next = next, number+next
	}
	return number
}

func fib30(at setting) outcome {
	n := uint64(30)
	if onlyTried(at) {
		n = 15
	}
	forks := fibonacci(n+1) - 1
	run := func(uint64) outcome {
		return counted(forks, func() uint64 {
			if fib(n) != fibonacci(n) {
				return 0
			}
			return forks
		})
	}
	firstOK := run(forks).SumOK
	measured := run(forks)
	measured.SumOK = measured.SumOK && firstOK
	return measured
}

func yields(tasks uint64) func(items uint64) outcome {
	return func(items uint64) outcome {
		each := items/tasks + 1
		return counted(each*tasks, func() uint64 {
			var turns uint64
			var all sync.WaitGroup
			all.Add(int(tasks))
			for number := uint64(0); number < tasks; number++ {
				go func() {
					for left := each; left > 0; left-- {
						runtime.Gosched()
					}
					atomic.AddUint64(&turns, each)
					all.Done()
				}()
			}
			all.Wait()
			return turns
		})
	}
}

func createCancel(items uint64) outcome {
	return counted(items, func() (stopped uint64) {
		for left := items; left > 0; left-- {
			if time.NewTimer(time.Hour).Stop() {
				stopped++
			}
		}
		return
	})
}

// chance is numbers that look like chance, the same ones in every language.
type chance uint64

func (state *chance) next(below uint64) uint64 {
	*state = *state*6364136223846793005 + 1442695040888963407
	return uint64(*state>>33) % below
}

func batchCancel(items uint64) outcome {
	return counted(items, func() (stopped uint64) {
		const hourInMs = 3_600_000
		times := chance(1)
		timers := make([]*time.Timer, 0, items)
		for left := items; left > 0; left-- {
			length := time.Duration(hourInMs+times.next(hourInMs)) * time.Millisecond
			timers = append(timers, time.NewTimer(length))
		}
		for _, each := range timers {
			if each.Stop() {
				stopped++
			}
		}
		return
	})
}

func fire(items uint64) outcome {
	return counted(items, func() uint64 {
		var inTime uint64
		var all sync.WaitGroup
		all.Add(int(items))
		times := chance(1)
		for left := items; left > 0; left-- {
			length := time.Duration(10+times.next(40)) * time.Millisecond
			go func() {
				start := time.Now()
				time.Sleep(length)
				if time.Since(start) >= length {
					atomic.AddUint64(&inTime, 1)
				}
				all.Done()
			}()
		}
		all.Wait()
		return inTime
	})
}

func blockedTasks(at setting) outcome {
	items := uint64(oneHundredThousand)
	if onlyTried(at) {
		items /= 100
	}
	channels := make([]chan uint64, items)
	var begun, sum uint64
	var all sync.WaitGroup
	all.Add(int(items))
	before := residentBytes()
	for index := range channels {
		channel := make(chan uint64, 1)
		channels[index] = channel
		go func() {
			atomic.AddUint64(&begun, 1)
			atomic.AddUint64(&sum, <-channel)
			all.Done()
		}()
	}
	for atomic.LoadUint64(&begun) != items {
		runtime.Gosched()
	}
	time.Sleep(20 * time.Millisecond)
	growth := residentBytes() - before
	for index, channel := range channels {
		channel <- uint64(index)
	}
	all.Wait()
	return outcome{Items: items, SumOK: sum == items*(items-1)/2,
		Figures: map[string]float64{"bytes_per_task": growth / float64(items)}}
}

// taskWorkloads are those without a channel to be chosen.
var taskWorkloads = map[string]func(at setting) outcome{
	"sched/spawn1M": func(at setting) outcome { return whole(at, oneMillion, spawnMany) },
	"sched/spawn1M-handles": func(at setting) outcome {
		return whole(at, oneMillion, spawnWithHandles)
	},
	"sched/spawn-join-1":  func(at setting) outcome { return lasting(at.duration, spawnJoin) },
	"sched/fib30":         fib30,
	"sched/yield2":        func(at setting) outcome { return lasting(at.duration, yields(2)) },
	"sched/yield1000":     func(at setting) outcome { return lasting(at.duration, yields(1000)) },
	"timer/create-cancel": func(at setting) outcome { return lasting(at.duration, createCancel) },
	"timer/batch100k-cancel": func(at setting) outcome {
		return whole(at, oneHundredThousand, batchCancel)
	},
	"timer/fire100k":       func(at setting) outcome { return whole(at, oneHundredThousand, fire) },
	"mem/blocked-own-chan": blockedTasks,
}
