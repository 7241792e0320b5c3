//! The workloads of bench/workloads, for channels of Rust: one measurement a process,
//! printed as one JSON line.
//!
//!     peer NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS MILLISECONDS
//!     peer crossbeam throughput 64 8 1 1 100
//!     peer --list

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
    fn new(number: u64) -> Self {
        Item([number; WORDS])
    }
    fn number(&self) -> u64 {
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
}

pub struct Outcome {
    pub wall: Duration,
    pub items: u64,
    pub sum_ok: bool,
    pub figures: Vec<(&'static str, f64)>,
}

type Measure = fn(&str, &Setting) -> Option<Outcome>;

/// A channel, and what it can do.
pub struct Contender {
    name: &'static str,
    version: &'static str,
    capacity: (u64, u64),
    consumers: u32,
    selects: bool,
    sizes: [(u64, Measure); 2],
}

impl Contender {
    pub fn new<C: Channel<1> + Channel<8>>(
        name: &'static str,
        version: &'static str,
        capacity: (u64, u64),
        consumers: u32,
    ) -> Self {
        let sizes: [(u64, Measure); 2] = [
            (8, workloads::measure::<C, 1>),
            (64, workloads::measure::<C, 8>),
        ];
        Contender {
            name,
            version,
            capacity,
            consumers,
            selects: <C as Channel<1>>::SELECTS,
            sizes,
        }
    }

    fn can(&self, at: &Setting) -> bool {
        (self.capacity.0..=self.capacity.1).contains(&at.capacity)
            && at.consumers <= self.consumers as u64
    }

    fn list(&self) {
        let capacity = |of| match of {
            UNBOUNDED => "\"unbounded\"".to_owned(),
            _ => of.to_string(),
        };
        let mut contests = Vec::new();
        for name in workloads::NAMES {
            let roomy = self.capacity.0 > 0 || !workloads::NEED_ROOM.contains(name);
            if roomy && (self.selects || *name != workloads::SELECT) {
                for (bytes, _) in self.sizes {
                    contests.push(format!("[\"{}\",{}]", name, bytes));
                }
            }
        }
        println!(
            "{{\"name\":\"{}\",\"version\":\"{}\",\"capacity\":[{},{}],\"consumers\":{},\
             \"contests\":[{}]}}",
            self.name,
            self.version,
            capacity(self.capacity.0),
            capacity(self.capacity.1),
            self.consumers,
            contests.join(",")
        );
    }
}

fn refuse(why: &str) -> ! {
    eprintln!(
        "rust peer: {}; usage: NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS \
         MILLISECONDS, or --list",
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
    if words.len() != 7 {
        refuse("seven words are needed");
    }
    let capacity =
        capacity_of(&words[2]).unwrap_or_else(|| refuse(&format!("no capacity: {}", words[2])));
    let numbers: Vec<u64> = words[3..]
        .iter()
        .map(|word| word.parse().ok().filter(|number| *number > 0))
        .map(|number| number.unwrap_or_else(|| refuse("not a number from 1")))
        .collect();
    let at = Setting {
        capacity,
        producers: numbers[1],
        consumers: numbers[2],
        duration: Duration::from_millis(numbers[3]),
    };
    let result = contenders
        .iter()
        .filter(|each| each.name == words[0] && each.can(&at))
        .flat_map(|each| each.sizes)
        .filter(|(bytes, _)| *bytes == numbers[0])
        .find_map(|(_, measure)| measure(&words[1], &at))
        .unwrap_or_else(|| refuse(&format!("{} is not here, or cannot do this", words[0])));
    print(&result);
    if !result.sum_ok {
        exit(1);
    }
}
