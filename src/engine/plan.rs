//! How owners are looked for: decided once, from what was asked and what this process may. Pure.

use super::{OwnerAsk, OwnerChoice};

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chances {
    /// Whether the BPF program may be loaded, or why not.
    pub(super) bpf: Result<(), String>,
    /// Whether `/proc` shows the descriptors of every process.
    pub(super) every_process: bool,
    /// How many sockets there are, about.
    pub(super) sockets: Option<usize>,
}

/// The way to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Bpf,
    Proc,
    None,
}

/// From so many sockets on preparing the program takes less time than it saves. Measured: it takes
/// as long as looking at some four thousand descriptors with two cores.
const WORTH_PREPARING: usize = 4_000;

/// Decides, and says why when there would be another way. What is possible is found out only where
/// it matters.
pub(super) fn plan(ask: OwnerAsk, chances: impl FnOnce() -> Chances) -> (Method, Option<String>) {
    match ask.choice {
        OwnerChoice::None => return (Method::None, None),
        OwnerChoice::Proc => return (Method::Proc, None),
        OwnerChoice::Bpf => return (Method::Bpf, None),
        OwnerChoice::Auto => {}
    }
    let Chances { bpf, every_process, sockets } = chances();
    match (bpf, sockets) {
        (Err(why), _) => (Method::Proc, Some(format!("no BPF: {why}"))),
        (Ok(()), Some(few)) if every_process && !ask.live && !ask.by_bpf && few < WORTH_PREPARING => {
            (Method::Proc, Some("for one look at so few sockets it is faster than BPF".to_owned()))
        }
        (Ok(()), _) => (Method::Bpf, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::Facts;

    #[test]
    fn what_is_asked_and_allowed_decides() {
        let refused = || Err("it needs CAP_BPF and CAP_PERFMON".to_owned());
        for (choice, live, bpf, sockets, method, explained) in [
            (OwnerChoice::None, true, Ok(()), Some(9), Method::None, false),
            (OwnerChoice::Proc, true, Ok(()), Some(200_000), Method::Proc, false),
            (OwnerChoice::Bpf, false, refused(), Some(9), Method::Bpf, false), // and fails, with the reason
            (OwnerChoice::Auto, true, Ok(()), Some(9), Method::Bpf, false),
            (OwnerChoice::Auto, true, refused(), Some(9), Method::Proc, true),
            (OwnerChoice::Auto, false, Ok(()), Some(200), Method::Proc, true),
            (OwnerChoice::Auto, false, Ok(()), Some(200_000), Method::Bpf, false),
            (OwnerChoice::Auto, false, Ok(()), None, Method::Bpf, false),
            (OwnerChoice::Auto, false, refused(), Some(200_000), Method::Proc, true),
        ] {
            let ask = OwnerAsk { choice, facts: Facts::All, live, by_bpf: false };
            let (way, why) = plan(ask, || Chances { bpf, every_process: true, sockets });
            assert_eq!((way, why.is_some()), (method, explained), "{ask:?} {sockets:?}");
        }
    }

    #[test]
    fn what_shows_more_is_taken_however_long_it_takes() {
        for (by_bpf, every_process) in [(false, false), (true, true)] {
            let ask = OwnerAsk { choice: OwnerChoice::Auto, facts: Facts::All, live: false, by_bpf };
            let chances = || Chances { bpf: Ok(()), every_process, sockets: Some(9) };
            assert_eq!(plan(ask, chances), (Method::Bpf, None), "{by_bpf} {every_process}");
        }
    }
}
