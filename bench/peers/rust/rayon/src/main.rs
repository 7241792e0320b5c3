//! rayon's tasks under the workloads: they run to their end, and wait for nothing but each other.

use handfast_bench_workloads::tasks::{counted, fib30, lasting, whole, ONE_MILLION};
use handfast_bench_workloads::{main_of, Contender, Outcome, Setting, UNBOUNDED};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn pool(at: &Setting) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(at.workers)
        .build()
        .unwrap()
}

fn spawn_many(at: &Setting, items: u64) -> Outcome {
    let pool = pool(at);
    counted(items, || {
        let done = AtomicU64::new(0);
        pool.scope(|scope| {
            for _ in 0..items {
                scope.spawn(|_| {
                    done.fetch_add(1, Relaxed);
                });
            }
        });
        done.into_inner()
    })
}

fn spawn_join(at: &Setting, items: u64) -> Outcome {
    let pool = pool(at);
    counted(items, || {
        pool.install(|| {
            let mut sum = 0;
            for _ in 0..items {
                rayon::scope(|scope| scope.spawn(|_| sum += 1));
            }
            sum
        })
    })
}

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (second, first) = rayon::join(|| fib(n - 2), || fib(n - 1));
    first + second
}

fn main() {
    main_of(&[Contender::of_tasks(
        "rayon",
        env!("PEER_VERSION"),
        (0, UNBOUNDED),
        u32::MAX,
        u32::MAX,
        vec![
            (
                "sched/spawn1M",
                8,
                Box::new(|at| whole(at, ONE_MILLION, |items| spawn_many(at, items))),
            ),
            (
                "sched/spawn-join-1",
                8,
                Box::new(|at| lasting(at.duration, |items| spawn_join(at, items))),
            ),
            (
                "sched/fib30",
                8,
                Box::new(|at| {
                    let pool = pool(at);
                    fib30(at, |n| pool.install(|| fib(n)))
                }),
            ),
        ],
    )]);
}
