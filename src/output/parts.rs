//! Work on many rows, shared among the cores. It knows nothing of what is made of them.

use std::panic::resume_unwind;
use std::thread::Builder;

/// Does the work on equal parts, as many as there are cores, and returns what each made, in order.
/// Fewer rows than `worth` are done sooner than a thread starts.
pub(super) fn in_parts<T: Sync, R: Send>(
    rows: &[T],
    worth: usize,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = rows.len().div_ceil(cores).max(worth);
    let (mine, others) = rows.split_at(size.min(rows.len()));
    std::thread::scope(|scope| {
        let work = &work;
        // Where no thread can be started this one does it all.
        let start = |part| Builder::new().spawn_scoped(scope, move || work(part)).map_err(|_| part);
        let others: Vec<_> = others.chunks(size).map(start).collect();
        let mut made = vec![work(mine)];
        made.extend(others.into_iter().map(|other| match other {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(part) => work(part),
        }));
        made
    })
}
