//! tokio's mpsc channels under the workloads, by their blocking calls; a single receiver. Its
//! tasks: tasks.rs.

mod channels;
mod tasks;

use handfast_bench_workloads::{main_of, Channel, Contender, Item, LARGEST_BOUND, UNBOUNDED};
use tokio::sync::mpsc;

struct Bounded;

impl<const WORDS: usize> Channel<WORDS> for Bounded {
    type Sender = mpsc::Sender<Item<WORDS>>;
    type Receiver = mpsc::Receiver<Item<WORDS>>;

    fn make(capacity: u64) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity as usize)
    }
    fn send(sender: &Self::Sender, item: Item<WORDS>) {
        sender.blocking_send(item).unwrap();
    }
    fn receive(receiver: &mut Self::Receiver) -> Item<WORDS> {
        receiver.blocking_recv().unwrap()
    }
    fn more_senders(sender: &Self::Sender) -> Self::Sender {
        sender.clone()
    }
    fn more_receivers(_: &Self::Receiver) -> Option<Self::Receiver> {
        None
    }
}

struct Unbounded;

impl<const WORDS: usize> Channel<WORDS> for Unbounded {
    type Sender = mpsc::UnboundedSender<Item<WORDS>>;
    type Receiver = mpsc::UnboundedReceiver<Item<WORDS>>;

    fn make(_: u64) -> (Self::Sender, Self::Receiver) {
        mpsc::unbounded_channel()
    }
    fn send(sender: &Self::Sender, item: Item<WORDS>) {
        sender.send(item).unwrap();
    }
    fn receive(receiver: &mut Self::Receiver) -> Item<WORDS> {
        receiver.blocking_recv().unwrap()
    }
    fn more_senders(sender: &Self::Sender) -> Self::Sender {
        sender.clone()
    }
    fn more_receivers(_: &Self::Receiver) -> Option<Self::Receiver> {
        None
    }
}

fn main() {
    let version = env!("PEER_VERSION");
    let mut contenders = vec![
        Contender::new::<Bounded>("tokio", version, (1, LARGEST_BOUND), 1),
        Contender::new::<Unbounded>("tokio", version, (UNBOUNDED, UNBOUNDED), 1),
    ];
    contenders.extend(tasks::contenders(version, env!("FLUME_VERSION")));
    main_of(&contenders);
}
