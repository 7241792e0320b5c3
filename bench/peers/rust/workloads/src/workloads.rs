//! The workloads themselves; bench/workloads says what each is for.

use crate::usage::Usage;
use crate::{Channel, Item, Outcome, Setting, UNBOUNDED};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

pub const NAMES: &[&str] = &[
    "throughput",
    "pair",
    "pingpong",
    SELECT,
    "once",
    "latency_paced",
    "latency_saturated",
    "fairness",
    "memory",
    "blocked",
];
/// Where the channel can.
pub const SELECT: &str = "select";
/// One thread sends before it receives.
pub const NEED_ROOM: &[&str] = &["pair", "once"];

const PACE: Duration = Duration::from_micros(50);

/// What one member of a crew sent and received.
#[derive(Default)]
#[repr(align(64))]
struct Ledger {
    sent: u64,
    received: u64,
    sum_sent: u64,
    sum_received: u64,
}

impl Ledger {
    fn send<C: Channel<W>, const W: usize>(&mut self, sender: &C::Sender, number: u64) {
        C::send(sender, Item::new(number));
        self.sent += 1;
        self.sum_sent = self.sum_sent.wrapping_add(number);
    }
    fn took(&mut self, number: u64) {
        self.received += 1;
        self.sum_received = self.sum_received.wrapping_add(number);
    }
    fn receive<C: Channel<W>, const W: usize>(&mut self, receiver: &mut C::Receiver) -> u64 {
        let number = C::receive(receiver).number();
        self.took(number);
        number
    }
}

fn balanced(ledgers: &[Ledger]) -> bool {
    let total = |of: fn(&Ledger) -> u64| ledgers.iter().map(of).fold(0, u64::wrapping_add);
    total(|each| each.sent) > 0
        && total(|each| each.sent) == total(|each| each.received)
        && total(|each| each.sum_sent) == total(|each| each.sum_received)
}

type Part<'a> = Box<dyn FnOnce(&mut Ledger) + Send + 'a>;

/// What each of `items` cost.
pub fn per_item(wall: Duration, used: &Usage, items: u64) -> Vec<(&'static str, f64)> {
    let each = |amount: f64| amount / items as f64;
    vec![
        ("wall_ns_per_item", each(wall.as_nanos() as f64)),
        ("cpu_ns_per_item", each(used.cpu_ns as f64)),
        ("switches_per_item", each(used.switches as f64)),
    ]
}

struct Run {
    wall: Duration,
    used: Usage,
    ledgers: Vec<Ledger>,
}

impl Run {
    fn outcome(&self, items: u64, figures: Vec<(&'static str, f64)>) -> Outcome {
        Outcome {
            wall: self.wall,
            items,
            sum_ok: balanced(&self.ledgers),
            figures,
        }
    }
    fn per_item(&self, items: u64) -> Outcome {
        self.outcome(items, per_item(self.wall, &self.used, items))
    }
}

/// Every part on a thread of its own, made first and held at a gate; the clock runs from its
/// opening to the last join.
fn run_crew(parts: Vec<Part>) -> Run {
    let mut ledgers: Vec<Ledger> = parts.iter().map(|_| Ledger::default()).collect();
    let ready = Barrier::new(parts.len() + 1);
    let gate = Barrier::new(parts.len() + 1);
    let (start, before) = thread::scope(|scope| {
        for (part, result) in parts.into_iter().zip(&mut ledgers) {
            let (ready, gate) = (&ready, &gate);
            scope.spawn(move || {
                ready.wait();
                gate.wait();
                let mut mine = Ledger::default();
                part(&mut mine);
                *result = mine;
            });
        }
        ready.wait();
        let before = Usage::now();
        let start = Instant::now();
        gate.wait();
        (start, before)
    });
    Run {
        wall: start.elapsed(),
        used: Usage::now() - before,
        ledgers,
    }
}

/// A part for each producer and each consumer of one channel.
fn crew<'a, C: Channel<W>, const W: usize>(
    at: &Setting,
    producer: impl Fn(u64, C::Sender) -> Part<'a>,
    mut consumer: impl FnMut(C::Receiver) -> Part<'a>,
) -> Vec<Part<'a>> {
    let (sender, receiver) = C::make(at.capacity);
    let mut receivers: Vec<C::Receiver> = (1..at.consumers)
        .map(|_| C::more_receivers(&receiver).expect("as many as it said it can"))
        .collect();
    receivers.push(receiver);
    let mut parts: Vec<Part> = (0..at.producers)
        .map(|index| producer(index, C::more_senders(&sender)))
        .collect();
    parts.extend(receivers.into_iter().map(&mut consumer));
    parts
}

/// How many of about `items` each producer sends, all do, and each consumer receives.
pub fn shares(at: &Setting, items: u64) -> (u64, u64, u64) {
    let least = at.producers * at.consumers;
    let each = (items / least).max(1);
    (each * at.consumers, each * least, each * at.producers)
}

fn throughput<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    let (each_sends, total, each_receives) = shares(at, items);
    let parts = crew::<C, W>(
        at,
        |index, sender| {
            Box::new(move |mine| {
                for number in 1..=each_sends {
                    mine.send::<C, W>(&sender, index * each_sends + number);
                }
            })
        },
        |mut receiver| {
            Box::new(move |mine| {
                for _ in 0..each_receives {
                    mine.receive::<C, W>(&mut receiver);
                }
            })
        },
    );
    run_crew(parts).per_item(total)
}

fn pair<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    let (sender, mut receiver) = C::make(at.capacity);
    run_crew(vec![Box::new(move |mine| {
        for number in 1..=items {
            mine.send::<C, W>(&sender, number);
            mine.receive::<C, W>(&mut receiver);
        }
    })])
    .per_item(items)
}

fn pingpong<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    let (there_sender, mut there_receiver) = C::make(at.capacity);
    let (back_sender, mut back_receiver) = C::make(at.capacity);
    run_crew(vec![
        Box::new(move |mine| {
            for trip in 1..=items {
                mine.send::<C, W>(&there_sender, trip);
                mine.receive::<C, W>(&mut back_receiver);
            }
        }),
        Box::new(move |mine| {
            for _ in 0..items {
                let trip = mine.receive::<C, W>(&mut there_receiver);
                mine.send::<C, W>(&back_sender, trip);
            }
        }),
    ])
    .per_item(items)
}

fn select<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    let each = items / 2 + 1;
    let (first_sender, first_receiver) = C::make(at.capacity);
    let (second_sender, second_receiver) = C::make(at.capacity);
    let senders = [
        C::more_senders(&first_sender),
        C::more_senders(&second_sender),
    ];
    let mut parts: Vec<Part> = Vec::new();
    for sender in [first_sender, second_sender] {
        parts.push(Box::new(move |mine| {
            for number in 1..=each {
                mine.send::<C, W>(&sender, number);
            }
        }));
    }
    let receivers = [first_receiver, second_receiver];
    parts.push(Box::new(move |mine| {
        let _open = senders; // a channel without senders is always ready
        C::receive_from_either(&receivers, 2 * each, &mut |item| mine.took(item.number()));
    }));
    run_crew(parts).per_item(2 * each)
}

fn once<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    run_crew(vec![Box::new(move |mine| {
        for number in 1..=items {
            let (sender, mut receiver) = C::make(at.capacity);
            mine.send::<C, W>(&sender, number);
            mine.receive::<C, W>(&mut receiver);
        }
    })])
    .per_item(items)
}

/// Items carry the time when they began, in nanoseconds after a common start.
fn latency<C: Channel<W>, const W: usize>(at: &Setting, items: u64, paced: bool) -> Outcome {
    let (each_sends, total, each_receives) = shares(at, items);
    let epoch = Instant::now();
    let now = move || epoch.elapsed().as_nanos() as u64;
    let mut samples = vec![1u64; total as usize];
    let mut rooms = samples.chunks_mut(each_receives as usize);
    let producers = at.producers;
    let parts = crew::<C, W>(
        at,
        |index, sender| {
            Box::new(move |mine| {
                let start = now();
                for turn in 0..each_sends {
                    let begun = if paced {
                        let due = start + PACE.as_nanos() as u64 * (turn * producers + index + 1);
                        while now() < due {}
                        due
                    } else {
                        now()
                    };
                    mine.send::<C, W>(&sender, begun);
                }
            })
        },
        |mut receiver| {
            let room = rooms.next().expect("one for each consumer");
            Box::new(move |mine| {
                for sample in room {
                    let begun = mine.receive::<C, W>(&mut receiver);
                    *sample = now().wrapping_sub(begun);
                }
            })
        },
    );
    let run = run_crew(parts);
    samples.sort_unstable();
    let percentile = |percent: f64| {
        let rank = (total as f64 * percent / 100.0).ceil() as usize;
        samples[rank.max(1) - 1] as f64
    };
    run.outcome(
        total,
        vec![
            ("latency_p50", percentile(50.0)),
            ("latency_p99", percentile(99.0)),
            ("latency_p99_9", percentile(99.9)),
        ],
    )
}

/// Members of one side take tickets until all are gone.
#[derive(Default)]
#[repr(align(64))]
struct Tickets(AtomicU64);

impl Tickets {
    fn take(&self) -> u64 {
        self.0.fetch_add(1, Relaxed)
    }
}

fn fairness_of(counts: &[u64]) -> Option<(f64, f64)> {
    let least = *counts.iter().min()? as f64;
    let most = *counts.iter().max()? as f64;
    let sum: f64 = counts.iter().map(|count| *count as f64).sum();
    let squares: f64 = counts.iter().map(|count| (*count as f64).powi(2)).sum();
    (counts.len() > 1).then(|| (least / most, sum * sum / (counts.len() as f64 * squares)))
}

fn fairness<C: Channel<W>, const W: usize>(at: &Setting, items: u64) -> Outcome {
    let (to_send, to_receive) = (Tickets::default(), Tickets::default());
    let (to_send, to_receive) = (&to_send, &to_receive);
    let run = run_crew(crew::<C, W>(
        at,
        |_, sender| {
            Box::new(move |mine| loop {
                let number = to_send.take();
                if number >= items {
                    break;
                }
                mine.send::<C, W>(&sender, number + 1);
            })
        },
        |mut receiver| {
            Box::new(move |mine| {
                while to_receive.take() < items {
                    mine.receive::<C, W>(&mut receiver);
                }
            })
        },
    ));
    let (senders, receivers) = run.ledgers.split_at(at.producers as usize);
    let sent: Vec<u64> = senders.iter().map(|each| each.sent).collect();
    let received: Vec<u64> = receivers.iter().map(|each| each.received).collect();
    let mut figures = Vec::new();
    if let Some((share, jain)) = fairness_of(&sent) {
        figures.extend([("sender_share", share), ("sender_jain", jain)]);
    }
    if let Some((share, jain)) = fairness_of(&received) {
        figures.extend([("receiver_share", share), ("receiver_jain", jain)]);
    }
    run.outcome(items, figures)
}

pub fn resident_bytes() -> f64 {
    const PAGE: f64 = 4096.0;
    let text = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    let pages: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * PAGE
}

fn memory<C: Channel<W>, const W: usize>(at: &Setting) -> Outcome {
    const ALL_BYTES: u64 = 16 << 20;
    let items = if at.capacity == UNBOUNDED {
        1024
    } else {
        at.capacity
    };
    let count = (ALL_BYTES / (items.max(1) * 8 * W as u64)).clamp(16, 4096);
    let mut channels: Vec<Option<(C::Sender, C::Receiver)>> = (0..count).map(|_| None).collect();
    let mut mine = Ledger::default();
    let before = resident_bytes();
    for channel in &mut channels {
        *channel = Some(C::make(at.capacity));
    }
    let empty = resident_bytes() - before;
    for (sender, _) in channels.iter().flatten() {
        for number in 1..=items {
            mine.send::<C, W>(sender, number);
        }
    }
    let full = resident_bytes() - before;
    for (_, receiver) in channels.iter_mut().flatten() {
        for _ in 0..items {
            mine.receive::<C, W>(receiver);
        }
    }
    let mut figures = vec![("bytes_empty", empty / count as f64)];
    if items > 0 {
        figures.push(("bytes_per_item", full / (count * items) as f64));
    }
    Outcome {
        wall: Duration::ZERO,
        items: count * items,
        sum_ok: items == 0 || balanced(&[mine]),
        figures,
    }
}

/// CPU milliseconds a second while `blocks` is blocked; `frees` ends that.
fn burnt(duration: Duration, blocks: impl FnOnce() + Send, frees: impl FnOnce()) -> f64 {
    let there = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            there.wait();
            blocks();
        });
        there.wait();
        thread::sleep(duration / 2); // whatever it does before it sleeps is over
        let before = Usage::now();
        let start = Instant::now();
        thread::sleep(duration);
        let used = Usage::now() - before;
        let wall = start.elapsed();
        frees();
        1000.0 * used.cpu_ns as f64 / wall.as_nanos() as f64
    })
}

fn blocked<C: Channel<W>, const W: usize>(at: &Setting) -> Outcome {
    let (sender, mut receiver) = C::make(at.capacity);
    let (mut sends, mut receives) = (Ledger::default(), Ledger::default());
    let receiving = burnt(
        at.duration,
        || {
            receives.receive::<C, W>(&mut receiver);
        },
        || sends.send::<C, W>(&sender, 1),
    );
    let mut figures = vec![("blocked_receive_cpu", receiving)];
    if at.capacity != UNBOUNDED {
        let items = 2 * at.capacity + 2;
        let sending = burnt(
            at.duration,
            || (1..=items).for_each(|number| sends.send::<C, W>(&sender, number)),
            || {
                for _ in 0..items {
                    receives.receive::<C, W>(&mut receiver);
                }
            },
        );
        figures.push(("blocked_send_cpu", sending));
    }
    Outcome {
        wall: Duration::ZERO,
        items: sends.sent,
        sum_ok: balanced(&[sends, receives]),
        figures,
    }
}

/// `run` with as many items as last for `duration`, after fewer to warm up.
pub fn lasting(duration: Duration, run: impl Fn(u64) -> Outcome) -> Outcome {
    let mut items = 100;
    let mut trial = run(items);
    let mut all_ok = trial.sum_ok;
    while trial.wall < duration / 8 {
        items *= 4;
        trial = run(items);
        all_ok = all_ok && trial.sum_ok;
    }
    let wanted = items as f64 * duration.as_secs_f64() / trial.wall.as_secs_f64().max(1e-9);
    let mut measured = run((wanted as u64).max(100));
    measured.sum_ok = measured.sum_ok && all_ok;
    measured
}

pub fn measure<C: Channel<W>, const W: usize>(name: &str, at: &Setting) -> Outcome {
    let timed = |run: fn(&Setting, u64) -> Outcome| lasting(at.duration, |items| run(at, items));
    match name {
        "throughput" => timed(throughput::<C, W>),
        "pair" => timed(pair::<C, W>),
        "pingpong" => timed(pingpong::<C, W>),
        SELECT => timed(select::<C, W>),
        "once" => timed(once::<C, W>),
        "latency_paced" => timed(|at, items| latency::<C, W>(at, items, true)),
        "latency_saturated" => timed(|at, items| latency::<C, W>(at, items, false)),
        "fairness" => timed(fairness::<C, W>),
        "memory" => memory::<C, W>(at),
        "blocked" => blocked::<C, W>(at),
        _ => unreachable!("one of NAMES"),
    }
}
