//! crossbeam-channel under the workloads.

use crossbeam_channel::{bounded, unbounded, Receiver, Select, Sender};
use handfast_bench_workloads::{main_of, Channel, Contender, Item, UNBOUNDED};

struct Crossbeam;

impl<const WORDS: usize> Channel<WORDS> for Crossbeam {
    type Sender = Sender<Item<WORDS>>;
    type Receiver = Receiver<Item<WORDS>>;

    fn make(capacity: u64) -> (Self::Sender, Self::Receiver) {
        match capacity {
            UNBOUNDED => unbounded(),
            _ => bounded(capacity as usize),
        }
    }
    fn send(sender: &Self::Sender, item: Item<WORDS>) {
        sender.send(item).unwrap();
    }
    fn receive(receiver: &mut Self::Receiver) -> Item<WORDS> {
        receiver.recv().unwrap()
    }
    fn more_senders(sender: &Self::Sender) -> Self::Sender {
        sender.clone()
    }
    fn more_receivers(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }

    const SELECTS: bool = true;
    fn receive_from_either(
        from: &[Self::Receiver; 2],
        items: u64,
        take: &mut dyn FnMut(Item<WORDS>),
    ) {
        let mut either = Select::new();
        for each in from {
            either.recv(each);
        }
        for _ in 0..items {
            let ready = either.select();
            let which = ready.index();
            take(ready.recv(&from[which]).unwrap());
        }
    }
}

fn main() {
    let version = env!("PEER_VERSION");
    main_of(&[
        Contender::new::<Crossbeam>("crossbeam", version, (0, 0), u32::MAX),
        Contender::new::<Crossbeam>("crossbeam", version, (1, UNBOUNDED), u32::MAX),
    ]);
}
