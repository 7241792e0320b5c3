//! The workloads of bench/workloads, for channels and tasks of Rust: one measurement a process,
//! printed as one JSON line.
//!
//!     peer NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS MILLISECONDS WORKERS
//!     peer crossbeam throughput 64 8 1 1 100 0
//!     peer --list

pub mod tasks;
mod usage;
mod workloads;

use std::fmt::Write;
use std::process::exit;
use std::time::Duration;

/// The capacity of a channel that is never full; the greatest of all.
pub const UNBOUNDED: u64 = u64::MAX;
pub const LARGEST_BOUND: u64 = 1 << 30;

/// What is sent: a number, in all its words, so that a torn item shows.
#[derive(Debug)]
pub struct Item<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Item<WORDS> {
    pub fn new(number: u64) -> Self {
        Item([number; WORDS])
    }
    pub fn number(&self) -> u64 {
        if self.0[0] == self.0[WORDS - 1] {
            self.0[0]
        } else {
            u64::MAX
        }
    }
}

/// A channel of blocking calls.
pub trait Channel<const WORDS: usize> {
    type Sender: Send + Sync;
    type Receiver: Send;

    fn make(capacity: u64) -> (Self::Sender, Self::Receiver);
    fn send(sender: &Self::Sender, item: Item<WORDS>);
    fn receive(receiver: &mut Self::Receiver) -> Item<WORDS>;
    fn more_senders(sender: &Self::Sender) -> Self::Sender;
    /// None where there can be but one.
    fn more_receivers(receiver: &Self::Receiver) -> Option<Self::Receiver>;

    /// Whether a thread can wait for either of two.
    const SELECTS: bool = false;
    /// Takes so many items from whichever of the two has one.
    fn receive_from_either(
        _from: &[Self::Receiver; 2],
        _items: u64,
        _take: &mut dyn FnMut(Item<WORDS>),
    ) {
        unreachable!("a channel without select");
    }
}

pub struct Setting {
    pub capacity: u64,
    pub producers: u64,
    pub consumers: u64,
    pub duration: Duration,
    /// Threads that share the tasks; 0: no tasks.
    pub workers: usize,
}

pub struct Outcome {
    pub wall: Duration,
    pub items: u64,
    pub sum_ok: bool,
    pub figures: Vec<(&'static str, f64)>,
}

/// A workload, the size of its items, and how to measure it.
pub type Contest = (&'static str, u64, Box<dyn Fn(&Setting) -> Outcome>);

/// A channel or a runtime, and what it can do.
pub struct Contender {
    name: &'static str,
    version: &'static str,
    capacity: (u64, u64),
    consumers: u32,
    workers: u32,
    contests: Vec<Contest>,
}

impl Contender {
    pub fn new<C: Channel<1> + Channel<8>>(
        name: &'static str,
        version: &'static str,
        capacity: (u64, u64),
        consumers: u32,
    ) -> Self {
        let mut contests: Vec<Contest> = Vec::new();
        for name in workloads::NAMES.iter().copied() {
            let roomy = capacity.0 > 0 || !workloads::NEED_ROOM.contains(&name);
            if roomy && (<C as Channel<1>>::SELECTS || name != workloads::SELECT) {
                contests.push((
                    name,
                    8,
                    Box::new(move |at| workloads::measure::<C, 1>(name, at)),
                ));
                contests.push((
                    name,
                    64,
                    Box::new(move |at| workloads::measure::<C, 8>(name, at)),
                ));
            }
        }
        Contender {
            name,
            version,
            capacity,
            consumers,
            workers: u32::MAX,
            contests,
        }
    }

    /// A runtime's tasks, on so many workers at most.
    pub fn of_tasks(
        name: &'static str,
        version: &'static str,
        capacity: (u64, u64),
        consumers: u32,
        workers: u32,
        contests: Vec<Contest>,
    ) -> Self {
        Contender {
            name,
            version,
            capacity,
            consumers,
            workers,
            contests,
        }
    }

    fn can(&self, at: &Setting) -> bool {
        (self.capacity.0..=self.capacity.1).contains(&at.capacity)
            && at.consumers <= self.consumers as u64
            && at.workers <= self.workers as usize
    }

    fn list(&self) {
        let capacity = |of| match of {
            UNBOUNDED => "\"unbounded\"".to_owned(),
            _ => of.to_string(),
        };
        let contests: Vec<String> = self
            .contests
            .iter()
            .map(|(name, bytes, _)| format!("[\"{}\",{}]", name, bytes))
            .collect();
        println!(
            "{{\"name\":\"{}\",\"version\":\"{}\",\"capacity\":[{},{}],\"consumers\":{},\
             \"workers\":{},\"contests\":[{}]}}",
            self.name,
            self.version,
            capacity(self.capacity.0),
            capacity(self.capacity.1),
            self.consumers,
            self.workers,
            contests.join(",")
        );
    }
}

fn refuse(why: &str) -> ! {
    eprintln!(
        "rust peer: {}; usage: NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS \
         MILLISECONDS WORKERS, or --list",
        why
    );
    exit(2);
}

fn capacity_of(text: &str) -> Option<u64> {
    match text {
        "unbounded" => Some(UNBOUNDED),
        _ => text.parse().ok().filter(|bound| *bound <= LARGEST_BOUND),
    }
}

fn print(result: &Outcome) {
    let mut figures = String::new();
    for (metric, value) in &result.figures {
        let comma = if figures.is_empty() { "" } else { "," };
        write!(figures, "{}\"{}\":{}", comma, metric, value).unwrap();
    }
    println!(
        "{{\"items\":{},\"sum_ok\":{},\"figures\":{{{}}}}}",
        result.items, result.sum_ok, figures
    );
}

/// What a peer's `main` does.
pub fn main_of(contenders: &[Contender]) {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words == ["--list"] {
        contenders.iter().for_each(Contender::list);
        return;
    }
    if words.len() != 8 {
        refuse("eight words are needed");
    }
    let capacity =
        capacity_of(&words[2]).unwrap_or_else(|| refuse(&format!("no capacity: {}", words[2])));
    let numbers: Vec<u64> = words[3..7]
        .iter()
        .map(|word| word.parse().ok().filter(|number| *number > 0))
        .map(|number| number.unwrap_or_else(|| refuse("not a number from 1")))
        .collect();
    let at = Setting {
        capacity,
        producers: numbers[1],
        consumers: numbers[2],
        duration: Duration::from_millis(numbers[3]),
        workers: words[7]
            .parse()
            .unwrap_or_else(|_| refuse("not a number of workers")),
    };
    let result = contenders
        .iter()
        .filter(|each| each.name == words[0] && each.can(&at))
        .flat_map(|each| &each.contests)
        .find(|(name, bytes, _)| *name == words[1] && *bytes == numbers[0])
        .map(|(_, _, measure)| measure(&at))
        .unwrap_or_else(|| refuse(&format!("{} is not here, or cannot do this", words[0])));
    print(&result);
    if !result.sum_ok {
        exit(1);
    }
}
