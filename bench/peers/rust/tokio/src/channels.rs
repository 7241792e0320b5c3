//! Workloads of channels between tokio's tasks. A module for each kind of channel, of one text: what
//! its sends and receives await has no name that a trait could give it.

use crate::tasks::{for_some_time, given_by, Crew, PollBy};
use handfast_bench_workloads::tasks::{shares, timed};
use handfast_bench_workloads::{Contest, Item, Outcome, Setting};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// How many numbers went one way, and their sum.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Tally(u64, u64);

impl Tally {
    fn add(&mut self, number: u64) {
        self.0 += 1;
        self.1 = self.1.wrapping_add(number);
    }
    fn add_all(&mut self, other: Tally) {
        self.0 += other.0;
        self.1 = self.1.wrapping_add(other.1);
    }
}

/// What all tasks sent, and what they received.
fn balanced((sent, received): (Tally, Tally)) -> bool {
    sent.0 > 0 && sent == received
}

macro_rules! channel {
    ($(#[$what:meta])* $kind:ident, $sender:ty, $receiver:ty,
     make: |$capacity:ident| $make:expr,
     send: |$to:ident, $item:ident| $send:expr,
     receive: |$from:ident| $receive:expr,
     more: |$first:ident| $more:expr,
     both: |$one:ident, $other:ident, $count:ident| $both:expr) => {
        $(#[$what])*
        pub mod $kind {
            use super::*;

            type Sender<const W: usize> = $sender;
            type Receiver<const W: usize> = $receiver;

            fn make<const W: usize>(at: &Setting) -> (Sender<W>, Receiver<W>) {
                let $capacity = at.capacity as usize;
                $make
            }

            async fn send_all<const W: usize>($to: Sender<W>, first: u64, count: u64) -> (Sender<W>, Tally) {
                let mut sent = Tally::default();
                for number in first..first + count {
                    let $item = Item::<W>::new(number);
                    $send;
                    sent.add(number);
                }
                ($to, sent)
            }

            #[allow(unused_mut)]
            async fn receive_all<const W: usize>(mut $from: Receiver<W>, count: u64) -> Tally {
                let mut received = Tally::default();
                for _ in 0..count {
                    let item: Item<W> = $receive;
                    received.add(item.number());
                }
                received
            }

            fn flow<const W: usize>(crew: Crew, at: &Setting, items: u64) -> Outcome {
                let runtime = crew.start(at);
                let (each_sends, total, each_receives) = shares(at, items);
                let (sender, $first) = make::<W>(at);
                let mut receivers: Vec<Receiver<W>> =
                    (1..at.consumers).map(|_| $more.expect("as many as it said it can")).collect();
                receivers.push($first);
                let senders = vec![sender; at.producers as usize];
                timed(total, || given_by(&runtime, async move {
                    let sending: Vec<_> = senders.into_iter().zip(0..).map(|(sender, index)| {
                        tokio::spawn(send_all(sender, 1 + index * each_sends, each_sends))
                    }).collect();
                    let receiving: Vec<_> = receivers.into_iter().map(|receiver| {
                        tokio::spawn(receive_all(receiver, each_receives))
                    }).collect();
                    let (mut sent, mut received) = (Tally::default(), Tally::default());
                    for each in receiving {
                        received.add_all(each.await.unwrap());
                    }
                    for each in sending {
                        sent.add_all(each.await.unwrap().1);
                    }
                    (sent, received)
                }), balanced)
            }

            async fn send_and_receive<const W: usize>($to: Sender<W>, from: Receiver<W>, trips: u64)
                -> (Sender<W>, Tally, Tally) {
                let (mut sent, mut received) = (Tally::default(), Tally::default());
                #[allow(unused_mut)]
                let mut $from = from;
                for trip in 0..trips {
                    let $item = Item::<W>::new(trip);
                    $send;
                    sent.add(trip);
                    let item: Item<W> = $receive;
                    received.add(item.number());
                }
                ($to, sent, received)
            }

            async fn receive_and_send<const W: usize>(from: Receiver<W>, $to: Sender<W>, trips: u64)
                -> (Sender<W>, Tally, Tally) {
                let (mut sent, mut received) = (Tally::default(), Tally::default());
                #[allow(unused_mut)]
                let mut $from = from;
                for _ in 0..trips {
                    let $item: Item<W> = $receive;
                    received.add($item.number());
                    sent.add($item.number());
                    $send;
                }
                ($to, sent, received)
            }

            fn pingpong<const W: usize>(crew: Crew, at: &Setting, items: u64) -> Outcome {
                let runtime = crew.start(at);
                let (there_sender, there_receiver) = make::<W>(at);
                let (back_sender, back_receiver) = make::<W>(at);
                timed(items, || given_by(&runtime, async move {
                    let first = tokio::spawn(send_and_receive(there_sender, back_receiver, items));
                    let second = tokio::spawn(receive_and_send(there_receiver, back_sender, items));
                    let (_open, mut sent, mut received) = first.await.unwrap();
                    let (_open_too, more_sent, more_received) = second.await.unwrap();
                    sent.add_all(more_sent);
                    received.add_all(more_received);
                    (sent, received)
                }), balanced)
            }

            #[allow(unused_mut)]
            async fn receive_both<const W: usize>(mut $one: Receiver<W>, mut $other: Receiver<W>, $count: u64)
                -> Tally {
                $both
            }

            fn select<const W: usize>(crew: Crew, at: &Setting, items: u64) -> Outcome {
                let runtime = crew.start(at);
                let each = items / 2 + 1;
                let (first_sender, first_receiver) = make::<W>(at);
                let (second_sender, second_receiver) = make::<W>(at);
                timed(2 * each, || given_by(&runtime, async move {
                    // A channel without senders is always ready.
                    let _open = (first_sender.clone(), second_sender.clone());
                    let first = tokio::spawn(send_all(first_sender, 1, each));
                    let second = tokio::spawn(send_all(second_sender, 1, each));
                    let both = tokio::spawn(receive_both(first_receiver, second_receiver, 2 * each));
                    let (_, mut sent) = first.await.unwrap();
                    sent.add_all(second.await.unwrap().1);
                    (sent, both.await.unwrap())
                }), balanced)
            }

            pub fn contest(name: &'static str, bytes: u64, crew: Crew) -> Contest {
                for_some_time(name, bytes, crew, match (name, bytes) {
                    ("task/select2", 8) => select::<1>,
                    ("task/select2", _) => select::<8>,
                    ("task/pingpong", 8) => pingpong::<1>,
                    ("task/pingpong", _) => pingpong::<8>,
                    (_, 8) => flow::<1>,
                    _ => flow::<8>,
                })
            }
        }
    };
}

/// Receives from whichever of the two has an item, `$poll`ing one or the other first.
macro_rules! from_either {
    ($one:ident, $other:ident, $count:ident, |$each:ident, $context:ident| $poll:expr) => {{
        let mut received = Tally::default();
        let mut other_first = false;
        for _ in 0..$count {
            other_first = !other_first;
            let item = PollBy(|$context: &mut Context| {
                let (first, second) = match other_first {
                    true => (&mut $other, &mut $one),
                    false => (&mut $one, &mut $other),
                };
                for $each in [first, second] {
                    if let Poll::Ready(item) = $poll {
                        return Poll::Ready(item.unwrap());
                    }
                }
                Poll::Pending
            });
            received.add(item.await.number());
        }
        received
    }};
}

/// The same of flume: a receive for each, begun anew when it is done.
macro_rules! from_either_begun {
    ($one:ident, $other:ident, $count:ident) => {{
        let (mut one, mut other) = (($one.recv_async(), &$one), ($other.recv_async(), &$other));
        from_either!(one, other, $count, |each, context| {
            let polled = Pin::new(&mut each.0).poll(context);
            if polled.is_ready() {
                each.0 = each.1.recv_async();
            }
            polled
        })
    }};
}

channel!(
    bounded,
    mpsc::Sender<Item<W>>,
    mpsc::Receiver<Item<W>>,
    make: |capacity| mpsc::channel(capacity),
    send: |to, item| to.send(item).await.unwrap(),
    receive: |from| from.recv().await.unwrap(),
    more: |_first| None,
    both: |one, other, count| from_either!(one, other, count, |each, context| each.poll_recv(context))
);

channel!(
    unbounded,
    mpsc::UnboundedSender<Item<W>>,
    mpsc::UnboundedReceiver<Item<W>>,
    make: |_capacity| mpsc::unbounded_channel(),
    send: |to, item| to.send(item).unwrap(),
    receive: |from| from.recv().await.unwrap(),
    more: |_first| None,
    both: |one, other, count| from_either!(one, other, count, |each, context| each.poll_recv(context))
);

channel!(
    flume_bounded,
    flume::Sender<Item<W>>,
    flume::Receiver<Item<W>>,
    make: |capacity| flume::bounded(capacity),
    send: |to, item| to.send_async(item).await.unwrap(),
    receive: |from| from.recv_async().await.unwrap(),
    more: |first| Some(first.clone()),
    both: |one, other, count| from_either_begun!(one, other, count)
);

channel!(
    flume_unbounded,
    flume::Sender<Item<W>>,
    flume::Receiver<Item<W>>,
    make: |_capacity| flume::unbounded(),
    send: |to, item| to.send(item).unwrap(),
    receive: |from| from.recv_async().await.unwrap(),
    more: |first| Some(first.clone()),
    both: |one, other, count| from_either_begun!(one, other, count)
);
