//! crossbeam-channel under the workloads of bench/workloads.hpp: one measurement
//! a process, printed as one JSON line.
//!
//!     peer WORKLOAD CAPACITY N        peer thr/spsc 64 500000
//!
//! OS threads only: thr/ rows.

mod usage;

use crossbeam_channel::bounded;
use std::process::exit;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use usage::Usage;

struct Cost {
    wall: Duration,
    used: Usage,
}

struct Outcome {
    spent: Cost,
    items: u64,
    sum_ok: bool,
}

type Part<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Every part on a thread of its own, made first and held at a gate; the clock
/// runs from its opening to the last join.
fn run_crew(parts: Vec<Part>) -> Cost {
    let ready = Barrier::new(parts.len() + 1);
    let gate = Barrier::new(parts.len() + 1);
    let (start, before) = thread::scope(|scope| {
        for part in parts {
            let (ready, gate) = (&ready, &gate);
            scope.spawn(move || {
                ready.wait();
                gate.wait();
                part();
            });
        }
        ready.wait();
        let before = Usage::now();
        let start = Instant::now();
        gate.wait();
        (start, before)
    });
    Cost {
        wall: start.elapsed(),
        used: Usage::now() - before,
    }
}

fn sum_up_to(n: u64) -> u64 {
    n * (n + 1) / 2
}

fn many_to_many(producers: u64, consumers: u64, capacity: usize, n: u64) -> Outcome {
    let each_sends = n / (producers * consumers) * consumers;
    let total = each_sends * producers;
    let each_receives = total / consumers;
    let (tx, rx) = bounded::<u64>(capacity);
    let mut sums = vec![0u64; consumers as usize];
    let mut parts: Vec<Part> = Vec::new();
    for producer in 0..producers {
        let tx = tx.clone();
        parts.push(Box::new(move || {
            for item in 1..=each_sends {
                tx.send(producer * each_sends + item).unwrap();
            }
        }));
    }
    for into in sums.iter_mut() {
        let rx = rx.clone();
        parts.push(Box::new(move || {
            *into = (0..each_receives).map(|_| rx.recv().unwrap()).sum();
        }));
    }
    let spent = run_crew(parts);
    Outcome {
        spent,
        items: total,
        sum_ok: sums.iter().sum::<u64>() == sum_up_to(total),
    }
}

fn pingpong(capacity: usize, n: u64) -> Outcome {
    let (there_tx, there_rx) = bounded::<u64>(capacity);
    let (back_tx, back_rx) = bounded::<u64>(capacity);
    let mut sum = 0u64;
    let into = &mut sum;
    let spent = run_crew(vec![
        Box::new(move || {
            for trip in 1..=n {
                there_tx.send(trip).unwrap();
                *into += back_rx.recv().unwrap();
            }
        }),
        Box::new(move || {
            for _ in 0..n {
                back_tx.send(there_rx.recv().unwrap()).unwrap();
            }
        }),
    ]);
    Outcome {
        spent,
        items: n,
        sum_ok: sum == sum_up_to(n),
    }
}

fn seqpair(capacity: usize, n: u64) -> Outcome {
    let (tx, rx) = bounded::<u64>(capacity);
    let mut sum = 0u64;
    let into = &mut sum;
    let spent = run_crew(vec![Box::new(move || {
        let mut total = 0u64;
        for pair in 1..=n {
            tx.send(pair).unwrap();
            total += rx.recv().unwrap();
        }
        *into = total;
    })]);
    Outcome {
        spent,
        items: n,
        sum_ok: sum == sum_up_to(n),
    }
}

fn run(workload: &str, capacity: usize, n: u64) -> Option<Outcome> {
    Some(match workload {
        "thr/spsc" => many_to_many(1, 1, capacity, n),
        "thr/mpsc2" => many_to_many(2, 1, capacity, n),
        "thr/mpmc22" => many_to_many(2, 2, capacity, n),
        "thr/pingpong" => pingpong(capacity, n),
        "thr/seqpair" => seqpair(capacity, n),
        _ => return None,
    })
}

fn refuse(why: &str) -> ! {
    eprintln!("crossbeam peer: {}; usage: peer WORKLOAD CAPACITY N", why);
    exit(2);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.len() != 3 {
        refuse("three words are needed");
    }
    let (capacity, n) = match (words[1].parse::<usize>(), words[2].parse::<u64>()) {
        (Ok(capacity), Ok(n)) if capacity > 0 && n > 0 => (capacity, n),
        _ => refuse("CAPACITY and N are whole numbers from 1"),
    };
    let workload = words[0].as_str();
    let warm = match run(workload, capacity, n / 10) {
        Some(warm) => warm,
        None => refuse(&format!("no workload '{}'", workload)),
    };
    let timed = run(workload, capacity, n).expect("the warm-up knew the workload");
    let sum_ok = warm.sum_ok && timed.sum_ok;
    println!(
        "{{\"peer\":\"crossbeam\",\"version\":\"{}\",\"workload\":\"{}\",\"capacity\":{},\"n\":{},\
         \"wall_ns\":{},\"cpu_ns\":{},\"switches\":{},\"sum_ok\":{}}}",
        env!("CROSSBEAM_CHANNEL_VERSION"),
        workload,
        capacity,
        timed.items,
        timed.spent.wall.as_nanos(),
        timed.spent.used.cpu_ns,
        timed.spent.used.switches,
        sum_ok
    );
    if !sum_ok {
        exit(1);
    }
}
