//! Whose turn it is when there is no time for all: nobody starves, and where much happens is read
//! more often. Pure.

use std::collections::HashMap;

use crate::model::NetnsId;

/// What is remembered of earlier readings.
#[derive(Debug, Default)]
pub(super) struct Turns {
    round: u64,
    past: HashMap<NetnsId, Past>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Past {
    /// The round in which it was read last; 0 for never.
    read: u64,
    /// Whether there were sockets in it then.
    busy: bool,
}

impl Turns {
    /// Begins a round among these namespaces; the others are forgotten. Returns the order in which
    /// they are to be read: of those with sockets and of those without in turn, in either group
    /// first what was not read for longest, and either group first in every second round. What was
    /// never read counts as having sockets.
    pub(super) fn begin(&mut self, there: &[NetnsId]) -> Vec<NetnsId> {
        self.round += 1;
        self.past = there.iter().map(|id| (*id, self.past.get(id).copied().unwrap_or_default())).collect();
        let mut waiting = there.to_vec();
        waiting.sort_by_key(|id| self.past[id].read);
        let (busy, idle): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|id| self.past[id].busy || self.past[id].read == 0);
        let (first, second) = if self.round % 2 == 1 { (busy, idle) } else { (idle, busy) };
        let (mut first, mut second) = (first.into_iter(), second.into_iter());
        let mut order = Vec::with_capacity(there.len());
        while order.len() < there.len() {
            order.extend(first.next());
            order.extend(second.next());
        }
        order
    }

    /// Notes that a namespace was read in this round.
    pub(super) fn was_read(&mut self, id: NetnsId, busy: bool) {
        self.past.insert(id, Past { read: self.round, busy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<NetnsId> {
        numbers.into_iter().map(NetnsId).collect()
    }

    #[test]
    fn with_and_without_sockets_in_turn() {
        let mut turns = Turns::default();
        let all = ids(1..=6);
        assert_eq!(turns.begin(&all), all, "nothing is known yet");
        for id in &all {
            turns.was_read(*id, id.0 <= 4);
        }
        assert_eq!(turns.begin(&all), ids([5, 1, 6, 2, 3, 4]));
        turns.was_read(NetnsId(5), false);
        turns.was_read(NetnsId(1), true);
        assert_eq!(turns.begin(&all), ids([2, 6, 3, 5, 4, 1]));
    }

    proptest::proptest! {
        /// However few are read in a round and whatever is in them, none waits for ever.
        #[test]
        fn nobody_starves(busy in proptest::collection::vec(proptest::bool::ANY, 1..60), per_round in 1usize..5) {
            let all = ids(1..=busy.len() as u64);
            let mut turns = Turns::default();
            let mut waits = vec![0; all.len()];
            for _ in 0..200 {
                for wait in &mut waits {
                    *wait += 1;
                }
                for id in turns.begin(&all).into_iter().take(per_round) {
                    let at = usize::try_from(id.0).unwrap() - 1;
                    turns.was_read(id, busy[at]);
                    waits[at] = 0;
                }
                proptest::prop_assert!(waits.iter().all(|wait| *wait <= 2 * all.len() + 1), "{:?}", waits);
            }
        }

        #[test]
        fn everyone_is_in_the_order_once(there in proptest::collection::hash_set(0u64..50, 0..40)) {
            let mut all = ids(there);
            let mut turns = Turns::default();
            for round in 0..3 {
                let mut order = turns.begin(&all);
                for id in order.iter().take(7) {
                    turns.was_read(*id, id.0 % 3 == round);
                }
                order.sort_unstable();
                all.sort_unstable();
                proptest::prop_assert_eq!(&order, &all);
            }
        }
    }
}
