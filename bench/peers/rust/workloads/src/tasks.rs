//! What workloads of tasks have in common; bench/workloads/tasks.hpp says what each is.

use crate::usage::Usage;
use crate::workloads::per_item;
use crate::{Outcome, Setting};
use std::time::{Duration, Instant};

pub use crate::workloads::{lasting, resident_bytes, shares};

pub const ONE_MILLION: u64 = 1_000_000;
pub const ONE_HUNDRED_THOUSAND: u64 = 100_000;

/// What `work` costs for each of `items`; it says how many were done, as far as it can tell.
pub fn counted(items: u64, work: impl FnOnce() -> u64) -> Outcome {
    timed(items, work, |done| done == items)
}

/// What `work` costs for each of `items`, if what it gives is right.
pub fn timed<T>(items: u64, work: impl FnOnce() -> T, right: impl FnOnce(T) -> bool) -> Outcome {
    let before = Usage::now();
    let start = Instant::now();
    let given = work();
    let wall = start.elapsed();
    let used = Usage::now() - before;
    Outcome {
        wall,
        items,
        sum_ok: right(given),
        figures: per_item(wall, &used, items),
    }
}

/// A measurement as short as this only shows that the workload works.
pub fn only_tried(at: &Setting) -> bool {
    at.duration < Duration::from_millis(10)
}

/// `run` with all items, a hundredth where it is only tried; twice: the first is to warm up.
pub fn whole(at: &Setting, items: u64, run: impl Fn(u64) -> Outcome) -> Outcome {
    let items = if only_tried(at) { items / 100 } else { items };
    let first_ok = run(items).sum_ok;
    let mut measured = run(items);
    measured.sum_ok = measured.sum_ok && first_ok;
    measured
}

fn fibonacci(n: u64) -> u64 {
    (0..n)
        .fold((0, 1), |(number, next), _| (next, number + next))
        .0
}

/// `fib` finds out fib(30), by a fork for each number from 2 on.
pub fn fib30(at: &Setting, fib: impl Fn(u64) -> u64) -> Outcome {
    let n = if only_tried(at) { 15 } else { 30 };
    let forks = fibonacci(n + 1) - 1;
    let run = || timed(forks, || fib(n), |number| number == fibonacci(n));
    let first_ok = run().sum_ok;
    let mut measured = run();
    measured.sum_ok = measured.sum_ok && first_ok;
    measured
}

/// Numbers that look like chance, the same ones in every language.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        Chance(1)
    }
    /// From 0 to `below` - 1.
    pub fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % below
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}
