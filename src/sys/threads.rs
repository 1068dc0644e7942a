//! Work on all the cores there are, where there is enough of it. What the work is it does not know.

use std::panic::resume_unwind;
use std::thread::{Builder, available_parallelism, scope};

/// Does the work in this thread and in others, `most` in all and not more than there are cores, and
/// returns what each made, this one first. They take their parts from one queue: a thread that cannot
/// be started is no trouble, the others do its part.
pub fn together<R: Send>(most: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let helpers = cores.min(most).saturating_sub(1);
    scope(|scope| {
        let start = |_| Builder::new().name("helper".to_owned()).spawn_scoped(scope, &work).ok();
        let helpers: Vec<_> = (0..helpers).map_while(start).collect();
        let mut made = vec![work()];
        made.extend(
            helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic))),
        );
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn all_of_it_is_done_once_by_however_many() {
        for most in [0, 1, 2, 100] {
            let next = AtomicUsize::new(0);
            let work =
                || std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < 1000));
            let made = together(most, || work().collect::<Vec<_>>());
            assert!(made.len() <= most.max(1), "{most}: {} worked", made.len());
            let mut all = made.concat();
            all.sort_unstable();
            assert_eq!(all, (0..1000).collect::<Vec<_>>(), "{most}");
        }
    }
}
