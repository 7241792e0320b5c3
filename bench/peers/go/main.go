// Go's channels and goroutines under the workloads of bench/workloads: one measurement a process,
// printed as one JSON line.
//
//	peer NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS MILLISECONDS WORKERS
//	peer go throughput 64 8 1 1 100 0
//	peer --list
//
// Every goroutine is locked to an OS thread of its own; with workers Go's scheduler has them all,
// on so many processors.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	largestBound = 1 << 30
	pace         = 50 * time.Microsecond
)

// item is a number, in all its words, so that a torn one shows.
type item interface{ [1]uint64 | [8]uint64 }

func itemOf[Item item](number uint64) (made Item) {
	for word := 0; word < len(made); word++ {
		made[word] = number
	}
	return
}

func numberOf[Item item](of Item) uint64 {
	if of[0] != of[len(of)-1] {
		return math.MaxUint64
	}
	return of[0]
}

// ledger is what one member of a crew sent and received.
type ledger struct {
	sent, received, sumSent, sumReceived uint64
	_                                    [4]uint64 // a cache line of its own
}

func send[Item item](mine *ledger, channel chan Item, number uint64) {
	channel <- itemOf[Item](number)
	mine.sent++
	mine.sumSent += number
}

func (mine *ledger) took(number uint64) {
	mine.received++
	mine.sumReceived += number
}

func receive[Item item](mine *ledger, channel chan Item) uint64 {
	number := numberOf(<-channel)
	mine.took(number)
	return number
}

func balanced(ledgers []ledger) bool {
	var total ledger
	for _, each := range ledgers {
		total.sent += each.sent
		total.received += each.received
		total.sumSent += each.sumSent
		total.sumReceived += each.sumReceived
	}
	return total.sent > 0 && total.sent == total.received && total.sumSent == total.sumReceived
}

type setting struct {
	capacity, producers, consumers int
	duration                       time.Duration
	ownThreads                     bool
}

type outcome struct {
	Items    uint64             `json:"items"`
	SumOK    bool               `json:"sum_ok"`
	Figures  map[string]float64 `json:"figures"`
	wall     time.Duration
	cpu      time.Duration
	switches int64
	ledgers  []ledger
}

func usage() (cpu time.Duration, switches int64) {
	var now syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Utime.Nano() + now.Stime.Nano()), now.Nvcsw + now.Nivcsw
}

// run has every part done by a goroutine of its own, made first and held at a gate; the
// clock runs from its opening to the last part's end.
func run(at setting, items uint64, parts []func(mine *ledger)) outcome {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ledgers := make([]ledger, len(parts))
	ready.Add(len(parts))
	done.Add(len(parts))
	for index, part := range parts {
		go func(part func(mine *ledger), result *ledger) {
			defer done.Done()
			if at.ownThreads {
				runtime.LockOSThread()
			}
			ready.Done()
			<-gate
			var mine ledger
			part(&mine)
			*result = mine
		}(part, &ledgers[index])
	}
	ready.Wait()
	cpu, switches := usage()
	start := time.Now()
	close(gate)
	done.Wait()
	wall := time.Since(start)
	cpuAfter, switchesAfter := usage()
	return outcome{Items: items, SumOK: balanced(ledgers), Figures: map[string]float64{}, wall: wall,
		cpu: cpuAfter - cpu, switches: switchesAfter - switches, ledgers: ledgers}
}

func perItem(of outcome) outcome {
	each := func(amount int64) float64 { return float64(amount) / float64(of.Items) }
	of.Figures["wall_ns_per_item"] = each(of.wall.Nanoseconds())
	of.Figures["cpu_ns_per_item"] = each(of.cpu.Nanoseconds())
	of.Figures["switches_per_item"] = each(of.switches)
	return of
}

// crew makes a part for each producer and each consumer.
func crew(at setting, producer, consumer func(index int) func(*ledger)) (parts []func(*ledger)) {
	for index := 0; index < at.producers; index++ {
		parts = append(parts, producer(index))
	}
	for index := 0; index < at.consumers; index++ {
		parts = append(parts, consumer(index))
	}
	return
}

// shares is how many of about items each producer sends, all do, and each consumer receives.
func shares(at setting, items uint64) (eachSends, total, eachReceives uint64) {
	producers, consumers := uint64(at.producers), uint64(at.consumers)
	each := items / (producers * consumers)
	if each == 0 {
		each = 1
	}
	return each * consumers, each * producers * consumers, each * producers
}

func throughput[Item item](at setting, items uint64) outcome {
	eachSends, total, eachReceives := shares(at, items)
	channel := make(chan Item, at.capacity)
	return perItem(run(at, total, crew(at,
		func(index int) func(*ledger) {
			first := uint64(index) * eachSends
			return func(mine *ledger) {
				for number := uint64(1); number <= eachSends; number++ {
					send(mine, channel, first+number)
				}
			}
		},
		func(int) func(*ledger) {
			return func(mine *ledger) {
				for left := eachReceives; left > 0; left-- {
					receive(mine, channel)
				}
			}
		})))
}

func pair[Item item](at setting, items uint64) outcome {
	channel := make(chan Item, at.capacity)
	return perItem(run(at, items, []func(*ledger){func(mine *ledger) {
		for number := uint64(1); number <= items; number++ {
			send(mine, channel, number)
			receive(mine, channel)
		}
	}}))
}

func pingpong[Item item](at setting, items uint64) outcome {
	there := make(chan Item, at.capacity)
	back := make(chan Item, at.capacity)
	return perItem(run(at, items, []func(*ledger){
		func(mine *ledger) {
			for trip := uint64(1); trip <= items; trip++ {
				send(mine, there, trip)
				receive(mine, back)
			}
		},
		func(mine *ledger) {
			for trip := uint64(1); trip <= items; trip++ {
				send(mine, back, receive(mine, there))
			}
		},
	}))
}

func selects[Item item](at setting, items uint64) outcome {
	each := items/2 + 1
	first := make(chan Item, at.capacity)
	second := make(chan Item, at.capacity)
	sendsTo := func(channel chan Item) func(*ledger) {
		return func(mine *ledger) {
			for number := uint64(1); number <= each; number++ {
				send(mine, channel, number)
			}
		}
	}
	return perItem(run(at, 2*each, []func(*ledger){
		sendsTo(first),
		sendsTo(second),
		func(mine *ledger) {
			for left := 2 * each; left > 0; left-- {
				select {
				case item := <-first:
					mine.took(numberOf(item))
				case item := <-second:
					mine.took(numberOf(item))
				}
			}
		},
	}))
}

func once[Item item](at setting, items uint64) outcome {
	return perItem(run(at, items, []func(*ledger){func(mine *ledger) {
		for number := uint64(1); number <= items; number++ {
			channel := make(chan Item, at.capacity)
			send(mine, channel, number)
			receive(mine, channel)
		}
	}}))
}

func latency[Item item](at setting, items uint64, paced bool) outcome {
	eachSends, total, eachReceives := shares(at, items)
	epoch := time.Now()
	samples := make([]uint64, total)
	for index := range samples {
		samples[index] = 1 // its page is there before the clock runs
	}
	channel := make(chan Item, at.capacity)
	// When an item begins: as soon as it can, or when it is due.
	begin := func(time.Duration, int, uint64) time.Duration { return time.Since(epoch) }
	if paced {
		begin = func(start time.Duration, producer int, index uint64) time.Duration {
			due := start + pace*time.Duration(index*uint64(at.producers)+uint64(producer)+1)
			for time.Since(epoch) < due {
			}
			return due
		}
	}
	result := run(at, total, crew(at,
		func(producer int) func(*ledger) {
			return func(mine *ledger) {
				start := time.Since(epoch)
				for index := uint64(0); index < eachSends; index++ {
					send(mine, channel, uint64(begin(start, producer, index)))
				}
			}
		},
		func(consumer int) func(*ledger) {
			into := samples[uint64(consumer)*eachReceives:][:eachReceives]
			return func(mine *ledger) {
				for index := range into {
					sent := receive(mine, channel)
					into[index] = uint64(time.Since(epoch)) - sent
				}
			}
		}))
	sort.Slice(samples, func(a, b int) bool { return samples[a] < samples[b] })
	percentile := func(percent float64) float64 {
		rank := int(math.Ceil(float64(total)*percent/100)) - 1
		return float64(samples[rank])
	}
	result.Figures["latency_p50"] = percentile(50)
	result.Figures["latency_p99"] = percentile(99)
	result.Figures["latency_p99_9"] = percentile(99.9)
	return result
}

func fairness[Item item](at setting, items uint64) outcome {
	channel := make(chan Item, at.capacity)
	var toSend, toReceive struct {
		taken uint64
		_     [7]uint64
	}
	result := run(at, items, crew(at,
		func(int) func(*ledger) {
			return func(mine *ledger) {
				for number := atomic.AddUint64(&toSend.taken, 1); number <= items; number = atomic.AddUint64(&toSend.taken, 1) {
					send(mine, channel, number)
				}
			}
		},
		func(int) func(*ledger) {
			return func(mine *ledger) {
				for atomic.AddUint64(&toReceive.taken, 1) <= items {
					receive(mine, channel)
				}
			}
		}))
	addFairness := func(side string, ledgers []ledger, count func(ledger) uint64) {
		if len(ledgers) < 2 {
			return
		}
		least, most, sum, squares := math.Inf(1), 0.0, 0.0, 0.0
		for _, each := range ledgers {
			had := float64(count(each))
			least, most = math.Min(least, had), math.Max(most, had)
			sum += had
			squares += had * had
		}
		result.Figures[side+"_share"] = least / most
		result.Figures[side+"_jain"] = sum * sum / (float64(len(ledgers)) * squares)
	}
	addFairness("sender", result.ledgers[:at.producers], func(of ledger) uint64 { return of.sent })
	addFairness("receiver", result.ledgers[at.producers:], func(of ledger) uint64 { return of.received })
	return result
}

func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	if err != nil {
		panic(err)
	}
	return pages * float64(os.Getpagesize())
}

func memory[Item item](at setting, itemBytes int) outcome {
	const allBytes = 16 << 20
	count := 4096
	if at.capacity > 0 {
		count = allBytes / (at.capacity * itemBytes)
	}
	if count < 16 {
		count = 16
	} else if count > 4096 {
		count = 4096
	}
	channels := make([]chan Item, count)
	var mine ledger
	before := residentBytes()
	for index := range channels {
		channels[index] = make(chan Item, at.capacity)
	}
	empty := residentBytes() - before
	for _, channel := range channels {
		for number := 1; number <= at.capacity; number++ {
			send(&mine, channel, uint64(number))
		}
	}
	full := residentBytes() - before
	for _, channel := range channels {
		for left := at.capacity; left > 0; left-- {
			receive(&mine, channel)
		}
	}
	result := outcome{Items: uint64(count * at.capacity),
		SumOK:   at.capacity == 0 || balanced([]ledger{mine}),
		Figures: map[string]float64{"bytes_empty": empty / float64(count)}}
	if at.capacity > 0 {
		result.Figures["bytes_per_item"] = full / float64(count*at.capacity)
	}
	return result
}

// burnt is how many CPU milliseconds a second go while blocks is blocked; frees ends that.
func burnt(duration time.Duration, blocks, frees func()) float64 {
	var there, done sync.WaitGroup
	there.Add(1)
	done.Add(1)
	go func() {
		defer done.Done()
		runtime.LockOSThread()
		there.Done()
		blocks()
	}()
	there.Wait()
	time.Sleep(duration / 2) // whatever it does before it sleeps is over
	cpu, _ := usage()
	start := time.Now()
	time.Sleep(duration)
	cpuAfter, _ := usage()
	wall := time.Since(start)
	frees()
	done.Wait()
	return 1000 * float64(cpuAfter-cpu) / float64(wall)
}

func blocked[Item item](at setting) outcome {
	channel := make(chan Item, at.capacity)
	var sender, receiver ledger
	receiving := burnt(at.duration, func() { receive(&receiver, channel) },
		func() { send(&sender, channel, 1) })
	items := uint64(2*at.capacity + 2)
	sending := burnt(at.duration,
		func() {
			for number := uint64(1); number <= items; number++ {
				send(&sender, channel, number)
			}
		},
		func() {
			for left := items; left > 0; left-- {
				receive(&receiver, channel)
			}
		})
	return outcome{Items: sender.sent, SumOK: balanced([]ledger{sender, receiver}),
		Figures: map[string]float64{"blocked_receive_cpu": receiving, "blocked_send_cpu": sending}}
}

// lasting runs with as many items as last for the duration, after fewer to warm up.
func lasting(duration time.Duration, run func(items uint64) outcome) outcome {
	items := uint64(100)
	trial := run(items)
	allOK := trial.SumOK
	for trial.wall < duration/8 {
		items *= 4
		trial = run(items)
		allOK = allOK && trial.SumOK
	}
	wanted := float64(items) * float64(duration) / math.Max(float64(trial.wall), 1)
	measured := run(uint64(math.Max(wanted, 100)))
	measured.SumOK = measured.SumOK && allOK
	return measured
}

type workload func(at setting, items uint64) outcome

func measure[Item item](name string, at setting, itemBytes int) (outcome, bool) {
	if run, known := taskWorkloads[name]; known {
		return run(at), itemBytes == 8
	}
	switch name {
	case "memory":
		return memory[Item](at, itemBytes), true
	case "blocked":
		return blocked[Item](at), true
	}
	timed := map[string]workload{
		"throughput": throughput[Item], "task/spsc": throughput[Item], "task/mpsc2": throughput[Item],
		"task/mpmc22": throughput[Item],
		"pingpong":    pingpong[Item], "task/pingpong": pingpong[Item],
		"select": selects[Item], "task/select2": selects[Item],
		"fairness": fairness[Item],
		"latency_paced": func(at setting, items uint64) outcome {
			return latency[Item](at, items, true)
		},
		"latency_saturated": func(at setting, items uint64) outcome {
			return latency[Item](at, items, false)
		},
	}
	if at.capacity > 0 {
		timed["pair"] = pair[Item]
		timed["once"] = once[Item]
	}
	run, known := timed[name]
	if !known {
		return outcome{}, false
	}
	return lasting(at.duration, func(items uint64) outcome { return run(at, items) }), true
}

func list() {
	describe := func(from, to int, workloads ...string) {
		var contests [][]any
		for _, name := range workloads {
			contests = append(contests, []any{name, 8})
			if _, noItems := taskWorkloads[name]; !noItems {
				contests = append(contests, []any{name, 64})
			}
		}
		line, err := json.Marshal(map[string]any{"name": "go",
			"version": strings.TrimPrefix(runtime.Version(), "go"), "capacity": []int{from, to},
			"contests": contests})
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
	all := []string{"throughput", "pingpong", "select", "latency_paced", "latency_saturated", "fairness",
		"memory", "blocked", "task/spsc", "task/mpsc2", "task/mpmc22", "task/select2", "task/pingpong"}
	describe(1, largestBound, append(all, "pair", "once")...)
	for name := range taskWorkloads {
		all = append(all, name)
	}
	describe(0, 0, all...)
}

func refuse(why string) {
	fmt.Fprintf(os.Stderr, "go peer: %s; usage: NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS "+
		"MILLISECONDS WORKERS, or --list\n", why)
	os.Exit(2)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		list()
		return
	}
	if len(os.Args) != 9 {
		refuse("eight words are needed")
	}
	var numbers [6]int
	for index := range numbers {
		number, err := strconv.Atoi(os.Args[index+3])
		if err != nil || number < 0 || number > largestBound || (number == 0 && index > 0 && index < 5) {
			refuse("not a number from 1, or a bound: " + os.Args[index+3])
		}
		numbers[index] = number
	}
	name := os.Args[2]
	at := setting{capacity: numbers[0], producers: numbers[2], consumers: numbers[3],
		duration: time.Duration(numbers[4]) * time.Millisecond, ownThreads: numbers[5] == 0}
	if numbers[5] > 0 {
		runtime.GOMAXPROCS(numbers[5])
	}
	var result outcome
	known := false
	switch numbers[1] {
	case 8:
		result, known = measure[[1]uint64](name, at, 8)
	case 64:
		result, known = measure[[8]uint64](name, at, 64)
	}
	if !known {
		refuse("this cannot do " + name)
	}
	line, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
	if !result.SumOK {
		os.Exit(1)
	}
}
