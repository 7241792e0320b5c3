//! tokio's tasks under the workloads, with its own channels and with flume's. On one worker also by
//! its scheduler for one thread (`_ct`).

use crate::channels::{bounded, flume_bounded, flume_unbounded, unbounded};
use handfast_bench_workloads::tasks::{
    counted, fib30, lasting, only_tried, resident_bytes, whole, Chance, ONE_HUNDRED_THOUSAND,
    ONE_MILLION,
};
use handfast_bench_workloads::{Contender, Contest, Outcome, Setting, LARGEST_BOUND, UNBOUNDED};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{unconstrained, yield_now, JoinHandle};
use tokio::time::{sleep, Sleep};

/// How many threads run the tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Crew {
    CurrentThread,
    MultiThread,
}

impl Crew {
    pub fn start(self, at: &Setting) -> Runtime {
        match self {
            Crew::CurrentThread => Builder::new_current_thread().enable_time().build(),
            Crew::MultiThread => Builder::new_multi_thread()
                .worker_threads(at.workers)
                .enable_time()
                .build(),
        }
        .unwrap()
    }
}

/// Runs `root` as a task: what `block_on` runs is none of a worker's.
pub fn given_by<T: Send + 'static>(
    runtime: &Runtime,
    root: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::spawn(root).await.unwrap() })
}

/// Asks `poll` whenever its task is polled.
pub struct PollBy<F>(pub F);

impl<T, F: FnMut(&mut Context) -> Poll<T> + Unpin> Future for PollBy<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<T> {
        (self.0)(context)
    }
}

// --- Spawning, forking, turns.

fn spawn_many(crew: Crew, at: &Setting, items: u64) -> Outcome {
    struct Count {
        items: u64,
        done: AtomicU64,
        all_done: tokio::sync::Notify,
    }
    let runtime = crew.start(at);
    counted(items, || {
        given_by(&runtime, async move {
            let count = Arc::new(Count {
                items,
                done: AtomicU64::new(0),
                all_done: tokio::sync::Notify::new(),
            });
            for _ in 0..items {
                let count = count.clone();
                tokio::spawn(async move {
                    if count.done.fetch_add(1, Relaxed) + 1 == count.items {
                        count.all_done.notify_one();
                    }
                });
            }
            count.all_done.notified().await;
            count.done.load(Relaxed)
        })
    })
}

async fn sum_of(handles: Vec<JoinHandle<u64>>) -> u64 {
    let mut sum = 0;
    for each in handles {
        sum += each.await.unwrap();
    }
    sum
}

fn spawn_with_handles(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    counted(items, || {
        given_by(&runtime, async move {
            let mut handles = Vec::with_capacity(items as usize);
            for _ in 0..items {
                handles.push(tokio::spawn(async { 1 }));
            }
            sum_of(handles).await
        })
    })
}

fn spawn_join(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    counted(items, || {
        given_by(&runtime, async move {
            let mut sum = 0;
            for _ in 0..items {
                sum += tokio::spawn(async { 1 }).await.unwrap();
            }
            sum
        })
    })
}

fn fib(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let forked = tokio::spawn(fib(n - 1));
        let second = fib(n - 2).await;
        forked.await.unwrap() + second
    })
}

fn yields<const TASKS: u64>(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    let each = items / TASKS + 1;
    counted(each * TASKS, || {
        given_by(&runtime, async move {
            let handles = (0..TASKS)
                .map(|_| {
                    tokio::spawn(async move {
                        for _ in 0..each {
                            yield_now().await;
                        }
                        each
                    })
                })
                .collect();
            sum_of(handles).await
        })
    })
}

// --- Timers.

const HOUR_IN_MS: u64 = 3_600_000;

/// Whether it is pending: then it is armed.
fn arm(sleep: Pin<&mut Sleep>, context: &mut Context) -> u64 {
    sleep.poll(context).is_pending().into()
}

fn create_cancel(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    counted(items, || {
        // With a budget, some would be pending without having been armed.
        given_by(
            &runtime,
            unconstrained(PollBy(move |context: &mut Context| {
                let mut pending = 0;
                for _ in 0..items {
                    let one = sleep(Duration::from_secs(3600));
                    tokio::pin!(one);
                    pending += arm(one, context);
                }
                Poll::Ready(pending)
            })),
        )
    })
}

fn batch_cancel(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    counted(items, || {
        given_by(
            &runtime,
            unconstrained(PollBy(move |context: &mut Context| {
                let mut chance = Chance::new();
                let mut pending = 0;
                let mut sleeps = Vec::with_capacity(items as usize);
                for _ in 0..items {
                    let time = Duration::from_millis(HOUR_IN_MS + chance.next(HOUR_IN_MS));
                    let mut one = Box::pin(sleep(time));
                    pending += arm(one.as_mut(), context);
                    sleeps.push(one);
                }
                drop(sleeps);
                Poll::Ready(pending)
            })),
        )
    })
}

fn fire(crew: Crew, at: &Setting, items: u64) -> Outcome {
    let runtime = crew.start(at);
    counted(items, || {
        given_by(&runtime, async move {
            let mut chance = Chance::new();
            let handles = (0..items)
                .map(|_| {
                    let time = Duration::from_millis(10 + chance.next(40));
                    tokio::spawn(async move {
                        let start = Instant::now();
                        sleep(time).await;
                        (start.elapsed() >= time).into()
                    })
                })
                .collect();
            sum_of(handles).await
        })
    })
}

// --- Memory.

fn blocked_tasks(crew: Crew, at: &Setting) -> Outcome {
    let items = if only_tried(at) {
        ONE_HUNDRED_THOUSAND / 100
    } else {
        ONE_HUNDRED_THOUSAND
    };
    let runtime = crew.start(at);
    let (growth, sum) = given_by(&runtime, async move {
        let begun = Arc::new(AtomicU64::new(0));
        let mut senders = Vec::with_capacity(items as usize);
        let mut handles = Vec::with_capacity(items as usize);
        let before = resident_bytes();
        for _ in 0..items {
            let (sender, mut receiver) = mpsc::channel::<u64>(1);
            let begun = begun.clone();
            senders.push(sender);
            handles.push(tokio::spawn(async move {
                begun.fetch_add(1, Relaxed);
                receiver.recv().await.unwrap()
            }));
        }
        while begun.load(Relaxed) != items {
            yield_now().await;
        }
        thread::sleep(Duration::from_millis(20));
        let growth = resident_bytes() - before;
        for (number, sender) in senders.iter().enumerate() {
            sender.send(number as u64).await.unwrap();
        }
        (growth, sum_of(handles).await)
    });
    Outcome {
        wall: Duration::ZERO,
        items,
        sum_ok: sum == items * (items - 1) / 2,
        figures: vec![("bytes_per_task", growth / items as f64)],
    }
}

// --- Who can what.

pub type Run = fn(Crew, &Setting, u64) -> Outcome;

pub fn for_some_time(name: &'static str, bytes: u64, crew: Crew, run: Run) -> Contest {
    let measure = move |at: &Setting| lasting(at.duration, |items| run(crew, at, items));
    (name, bytes, Box::new(measure))
}
fn for_all(name: &'static str, items: u64, crew: Crew, run: Run) -> Contest {
    let measure = move |at: &Setting| whole(at, items, |items| run(crew, at, items));
    (name, 8, Box::new(measure))
}

fn without_channels(crew: Crew) -> Vec<Contest> {
    vec![
        for_all("sched/spawn1M", ONE_MILLION, crew, spawn_many),
        for_all(
            "sched/spawn1M-handles",
            ONE_MILLION,
            crew,
            spawn_with_handles,
        ),
        for_some_time("sched/spawn-join-1", 8, crew, spawn_join),
        (
            "sched/fib30",
            8,
            Box::new(move |at| {
                let runtime = crew.start(at);
                fib30(at, |n| given_by(&runtime, fib(n)))
            }),
        ),
        for_some_time("sched/yield2", 8, crew, yields::<2>),
        for_some_time("sched/yield1000", 8, crew, yields::<1000>),
        for_some_time("timer/create-cancel", 8, crew, create_cancel),
        for_all(
            "timer/batch100k-cancel",
            ONE_HUNDRED_THOUSAND,
            crew,
            batch_cancel,
        ),
        for_all("timer/fire100k", ONE_HUNDRED_THOUSAND, crew, fire),
        (
            "mem/blocked-own-chan",
            8,
            Box::new(move |at| blocked_tasks(crew, at)),
        ),
    ]
}

pub fn contenders(tokio: &'static str, flume: &'static str) -> Vec<Contender> {
    let mut all = Vec::new();
    let crews = [
        (Crew::MultiThread, "tokio", "flume", u32::MAX),
        (Crew::CurrentThread, "tokio_ct", "flume_ct", 1),
    ];
    for (crew, own, with_flume, workers) in crews {
        let any = (0, UNBOUNDED);
        let roomy = (1, LARGEST_BOUND);
        let endless = (UNBOUNDED, UNBOUNDED);
        let channels = |run: fn(&'static str, u64, Crew) -> Contest, names: &[&'static str]| {
            let both = |name: &&'static str| [run(*name, 8, crew), run(*name, 64, crew)];
            names.iter().flat_map(both).collect::<Vec<Contest>>()
        };
        let to_one = ["task/spsc", "task/mpsc2", "task/select2", "task/pingpong"];
        let to_many = [&to_one[..], &["task/mpmc22"]].concat();
        let one = |capacity, consumers, contests| {
            let (name, version) = match consumers {
                1 => (own, tokio),
                _ => (with_flume, flume),
            };
            Contender::of_tasks(name, version, capacity, consumers, workers, contests)
        };
        all.push(one(any, 1, without_channels(crew)));
        all.push(one(roomy, 1, channels(bounded::contest, &to_one)));
        all.push(one(endless, 1, channels(unbounded::contest, &to_one)));
        let bound = (0, LARGEST_BOUND);
        let many = u32::MAX;
        all.push(one(bound, many, channels(flume_bounded::contest, &to_many)));
        all.push(one(
            endless,
            many,
            channels(flume_unbounded::contest, &to_many),
        ));
    }
    all
}
