//! Which sockets a reading is about, and the part of a filter that the kernel judges itself, so that it tells fewer.

use std::sync::Arc;

use super::{CgroupId, IfIndex, Protocol, State, SystemBytes};

/// Which sockets a reading is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of the tables that are wanted.
    All,
    /// A glance between two readings: of TCP, UDP and UDP-Lite those alone that others may call. What it does not have
    /// may be there all the same.
    Listeners,
}

/// Which sockets of TCP, UDP and UDP-Lite the kernel shall tell. It may let too many pass, never too
/// few: who asks judges again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrow {
    pub states: Vec<State>,
    /// A program in the bytecode of `linux/inet_diag.h`; empty when it lets all pass.
    pub code: Arc<[u8]>,
    /// Its conditions on names, which let all pass until they are filled in.
    pub blanks: Arc<[Blank]>,
}

/// A condition on what the kernel knows as a number, which depends on place and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blank {
    /// Where its operation begins, with room for the number behind its four bytes.
    pub at: usize,
    /// The code of the operation, once the number is known.
    pub code: u8,
    pub named: Named,
}

/// What has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An interface, by name or index.
    Device(SystemBytes),
    /// The directory of a cgroup, below where cgroup v2 is mounted.
    Cgroup(SystemBytes),
}

impl Narrow {
    /// What is enough for a glance at listeners.
    #[must_use]
    pub fn to_listeners() -> Self {
        let states = vec![State::Listen, State::Unconnected];
        Self { states, code: Arc::default(), blanks: Arc::default() }
    }

    /// True for a protocol whose tables it can narrow.
    #[must_use]
    pub fn concerns(protocol: Protocol) -> bool {
        matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite)
    }

    /// The same with what is known here and now. What has no number lets all pass.
    #[must_use]
    pub fn filled(
        self,
        device: impl Fn(&SystemBytes) -> Option<IfIndex>,
        cgroup: impl Fn(&SystemBytes) -> Option<CgroupId>,
    ) -> Self {
        let mut code = self.code.to_vec();
        for blank in self.blanks.iter() {
            let number = match &blank.named {
                Named::Device(name) => device(name).map(|index| index.get().to_ne_bytes().to_vec()),
                Named::Cgroup(path) => cgroup(path).map(|id| id.0.to_ne_bytes().to_vec()),
            };
            if let Some(number) = number
                && let Some(room) = code.get_mut(blank.at..).filter(|room| room.len() >= 4 + number.len())
            {
                room[0] = blank.code;
                room[4..4 + number.len()].copy_from_slice(&number);
            }
        }
        Self { code: code.into(), blanks: Arc::default(), ..self }
    }

    /// The same without its program.
    #[must_use]
    pub fn by_states_alone(self) -> Self {
        Self { code: Arc::default(), blanks: Arc::default(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_number_is_filled_in_and_the_rest_lets_all_pass() {
        let blank = |at, code, named| Blank { at, code, named };
        let narrow = Narrow {
            states: vec![State::Listen],
            code: [[0, 8, 12, 0, 0, 0, 0, 0], [0, 8, 4, 0, 0, 0, 0, 0]].concat().into(),
            blanks: [
                blank(0, 9, Named::Device("lo".into())),
                blank(8, 9, Named::Device("gone".into())),
                blank(8, 13, Named::Cgroup("/too/long/for/its/room".into())),
                blank(99, 9, Named::Device("lo".into())),
            ]
            .into(),
        };
        let index = |name: &SystemBytes| IfIndex::new(u32::from(name.as_bytes() == b"lo"));
        let filled = narrow.clone().filled(index, |_| Some(CgroupId(7)));
        let [a, b, c, d] = 1_u32.to_ne_bytes();
        assert_eq!(*filled.code, [[9, 8, 12, 0, a, b, c, d], [0, 8, 4, 0, 0, 0, 0, 0]].concat());
        assert!(filled.blanks.is_empty() && filled.states == narrow.states);
        assert!(narrow.by_states_alone().code.is_empty());
    }
}
