//! Work on many rows, shared among the cores. It knows nothing of what is made of them.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

/// Does the work on equal parts, as many as there are cores, and returns what each made, in order.
/// Fewer rows than `worth` are done sooner than a thread starts.
pub(super) fn in_parts<T: Sync, R: Send>(
    rows: &[T],
    worth: usize,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let shares = if rows.len() > worth { cores() } else { 1 };
    let size = rows.len().div_ceil(shares).max(worth);
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

/// How many threads are worth while. To know it takes a dozen files, more than a small table does.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Pages that a worker may be ahead of what was written: enough that it never waits, and that what it made is
/// still in a cache when it is written.
const AHEAD: usize = 2;

/// Makes pages of rows and hands them on in the order of the rows, while others are being made. Pages are cleared
/// by whoever fills them, and filled again: what they keep beside their rows is kept.
pub(super) fn in_order<T: Sync, P: Default + Send>(
    rows: &[T],
    size: usize,
    fill: impl Fn(&mut P, &[T]) -> io::Result<()> + Sync,
    mut write: impl FnMut(&P) -> io::Result<()>,
) -> io::Result<()> {
    let pages = rows.chunks(size);
    let workers = if pages.len() > 1 { cores().min(pages.len()) } else { 0 };
    std::thread::scope(|scope| {
        let fill = &fill;
        let start = |at| Worker::start(scope, pages.clone().skip(at).step_by(workers), fill);
        let workers = match (0..workers).map(start).collect::<io::Result<Vec<_>>>() {
            Ok(workers) if !workers.is_empty() => workers,
            // Where no thread can be started this one does it all.
            _ => return fill_here(pages, fill, write),
        };
        for worker in workers.iter().cycle().take(pages.len()) {
            let Ok(page) = worker.ready.recv() else { break }; // it panicked, which the scope passes on
            let page = page?;
            write(&page)?;
            drop(worker.empty.send(page)); // it may have no more to do
        }
        Ok(())
    })
}

fn fill_here<'t, T: 't, P: Default>(
    pages: impl Iterator<Item = &'t [T]>,
    fill: impl Fn(&mut P, &[T]) -> io::Result<()>,
    mut write: impl FnMut(&P) -> io::Result<()>,
) -> io::Result<()> {
    let mut page = P::default();
    for rows in pages {
        fill(&mut page, rows)?;
        write(&page)?;
    }
    Ok(())
}

/// A thread that fills every so many pages one.
struct Worker<P> {
    ready: Receiver<io::Result<P>>,
    empty: SyncSender<P>,
}

impl<P: Default + Send> Worker<P> {
    fn start<'scope, T: Sync + 'scope>(
        scope: &'scope Scope<'scope, '_>,
        pages: impl Iterator<Item = &'scope [T]> + Send + 'scope,
        fill: &'scope (impl Fn(&mut P, &[T]) -> io::Result<()> + Sync),
    ) -> io::Result<Self>
    where
        P: 'scope,
    {
        let (made, ready) = sync_channel(AHEAD);
        let (empty, unused) = sync_channel::<P>(AHEAD);
        Builder::new().spawn_scoped(scope, move || {
            for (at, rows) in pages.enumerate() {
                // Who writes went away after an error.
                let Some(mut page) = (if at < AHEAD { Some(P::default()) } else { unused.recv().ok() })
                else {
                    return;
                };
                let filled = fill(&mut page, rows).map(|()| page);
                if made.send(filled).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { ready, empty })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers as lines, in pages of ten.
    fn lines(count: usize, write: impl FnMut(&String) -> io::Result<()>) -> io::Result<()> {
        let rows: Vec<_> = (0..count).collect();
        let fill = |page: &mut String, rows: &[usize]| {
            page.clear();
            for row in rows {
                crate::text::push(page, format_args!("{row}\n"));
            }
            // As if the work took longer for some.
            std::thread::sleep(std::time::Duration::from_micros(rows[0] as u64 % 70));
            if rows.contains(&777) { Err(io::Error::other("a bad row")) } else { Ok(()) }
        };
        in_order(&rows, 10, fill, write)
    }

    #[test]
    fn pages_come_in_the_order_of_their_rows() {
        for count in [0, 1, 9, 10, 11, 25, 500, 773] {
            let mut text = String::new();
            let take = |page: &String| {
                text.push_str(page);
                Ok(())
            };
            lines(count, take).unwrap();
            assert!(text.lines().eq((0..count).map(|row| row.to_string())), "{count}: {text}");
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut pages = 0;
        let count = |_: &String| {
            pages += 1;
            Ok(())
        };
        let failed = lines(2000, count).unwrap_err();
        assert_eq!(
            (failed.to_string().as_str(), pages),
            ("a bad row", 77),
            "what stood before it was handed on"
        );
        let mut pages = 0;
        let full = lines(2000, |_| {
            pages += 1;
            if pages == 5 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        });
        assert_eq!((full.unwrap_err().kind(), pages), (io::ErrorKind::StorageFull, 5));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_not_an_end() {
        let fill = |(): &mut (), rows: &[usize]| if rows[0] > 50 { panic!("on purpose") } else { Ok(()) };
        let _unreached = in_order(&(0..100).collect::<Vec<_>>(), 10, fill, |()| Ok(()));
    }
}
