//! Threads that share less with their process than threads do (unshare(2)). `/proc/PID` shows what the
//! first thread has, and nothing when that one has ended before the others. It reads nothing of what they have.

use rustix::io::Errno;

use super::kcmp::{self, Shared};
use crate::model::Pid;

/// Those of the threads that may not share it with the process. Nothing is claimed of a thread that may not be
/// compared: looking tells, unless looking at what the process has was `refused`, too.
#[must_use]
pub fn apart(what: Shared, pid: Pid, threads: &[Pid], refused: bool) -> Vec<Pid> {
    let is_apart = |tid: Pid| match kcmp::compare(what, pid, tid) {
        Ok(order) => order.is_ne(),
        Err(Errno::SRCH) => false,
        Err(_) => !refused,
    };
    threads.iter().copied().filter(|tid| *tid != pid && is_apart(*tid)).collect()
}

/// One thread for each of what they have: a thousand threads whose first one has ended still have one
/// descriptor table.
#[must_use]
pub fn one_of_each(what: Shared, threads: Vec<Pid>) -> Vec<Pid> {
    let mut some: Vec<Pid> = Vec::new();
    for tid in threads {
        let mut unsure = false;
        let place = some.binary_search_by(|known| {
            kcmp::compare(what, *known, tid).unwrap_or_else(|_| {
                unsure = true;
                std::cmp::Ordering::Less
            })
        });
        match place {
            Ok(_) => {}
            Err(_) if unsure => some.push(tid), // one ended: at worst a table is looked at twice
            Err(at) => some.insert(at, tid),
        }
    }
    some
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Threads of this process, each of which is apart or not, until they are dropped.
    struct Threads(Vec<(Pid, Sender<()>)>);

    impl Threads {
        fn start(apart: &[bool]) -> Self {
            Self(apart.iter().map(|apart| thread(*apart)).collect())
        }

        fn ids(&self) -> Vec<Pid> {
            self.0.iter().map(|(tid, _)| *tid).collect()
        }
    }

    fn thread(apart: bool) -> (Pid, Sender<()>) {
        let (told, tell) = channel();
        let (end, ended): (_, Receiver<()>) = channel();
        std::thread::spawn(move || {
            if apart {
                #[expect(deprecated, reason = "only UnshareFlags::FILES makes it unsafe")]
                rustix::thread::unshare(rustix::thread::UnshareFlags::FS).unwrap();
            }
            told.send(Pid(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned())).unwrap();
            ended.recv().expect_err("nothing is ever sent: the other side ends");
        });
        (tell.recv().unwrap(), end)
    }

    fn me() -> Pid {
        Pid(std::process::id())
    }

    #[test]
    fn threads_that_went_their_own_way_are_told_apart() {
        let threads = Threads::start(&[false, true, false, true]);
        let ids = threads.ids();
        assert_eq!(apart(Shared::Fs, me(), &ids, false), [ids[1], ids[3]]);
        assert_eq!(apart(Shared::Files, me(), &ids, false), []);
        assert_eq!(apart(Shared::Fs, me(), &[me(), Pid(u32::MAX)], false), [], "itself, and nobody");
    }

    #[test]
    fn of_those_that_share_it_one_stands_for_all() {
        let threads = Threads::start(&[false, true, false, true, true, false]);
        let ids = threads.ids();
        let mut some = one_of_each(Shared::Fs, ids.clone());
        some.sort_unstable();
        let mut each = [ids[0], ids[1], ids[3], ids[4]];
        each.sort_unstable();
        assert_eq!(some, each);
        assert_eq!(one_of_each(Shared::Files, ids.clone()), [ids[0]]);
    }
}
