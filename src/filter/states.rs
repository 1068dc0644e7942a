//! States and groups of states, in the words of ss.

use crate::model::State;

/// A set of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct States(u32);

impl States {
    pub(super) const NONE: Self = Self(0);

    fn of(states: &[State]) -> Self {
        Self(states.iter().fold(0, |set, state| set | bit(*state)))
    }

    pub(super) fn all() -> Self {
        Self::of(State::ALL)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn has(self, state: State) -> bool {
        self.0 & bit(state) != 0
    }

    /// True for a single state, as ss counts them.
    pub(super) fn is_one(self) -> bool {
        self.0.is_power_of_two() || self == Self::of(&IDLE)
    }

    /// The states of that name: one of ours, one of ss, or a group of ss.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let group = GROUPS.iter().find(|(word, _)| *word == name).map(|(_, states)| states());
        let one = || State::ALL.iter().find(|state| state.word() == name).map(|state| Self::of(&[*state]));
        group.or_else(one)
    }

    /// Every name.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        GROUPS.iter().map(|(name, _)| *name).chain(State::ALL.iter().map(|state| state.word()))
    }
}

fn bit(state: State) -> u32 {
    1 << state as u32
}

/// What ss calls unconnected: for it, one state.
const IDLE: [State; 4] = [State::Closed, State::Unconnected, State::Bound, State::Unknown];

type Group = fn() -> States;

/// Words for several states, and ss's own for one.
const GROUPS: &[(&str, Group)] = &[
    ("all", States::all),
    ("connected", || States::all().without(States::of(&IDLE)).without(States::of(&[State::Listen]))),
    ("synchronized", || {
        let open = States::all().without(States::of(&IDLE)).without(States::of(&[State::Listen]));
        open.without(States::of(&[State::SynSent]))
    }),
    ("bucket", || States::of(&[State::SynRecv, State::TimeWait])),
    ("big", || States::all().without(States::of(&[State::SynRecv, State::TimeWait]))),
    ("listening", || States::of(&[State::Listen])),
    ("syn-rcv", || States::of(&[State::SynRecv])),
    ("closed", || States::of(&IDLE)),
    ("close", || States::of(&IDLE)),
    ("unconnected", || States::of(&IDLE)),
];
