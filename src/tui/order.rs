//! In which order sockets stand. Pure.
//!
//! Each value is looked at once: its beginning becomes a number that is ordered as the value is, and numbers are
//! compared. Only where two are alike, and more of the value is to be told, the values themselves are.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::model::{Process, UnixName, Value};
use crate::store::Moment;

use super::columns::{Body, Column};
use super::guard::Guard;
use super::kept::Pool;
use super::other_ends::OtherEnds;
use super::standing::Standing;

/// What a list is ordered by.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) pool: Pool<'a>,
    pub(super) moment: &'a Moment,
    pub(super) column: &'a Column,
    pub(super) guard: &'a Guard,
    /// The largest first.
    pub(super) down: bool,
    /// Who is at the other ends, where that is shown.
    pub(super) ends: Option<&'a OtherEnds>,
}

impl Order<'_> {
    /// Puts rows, by their numbers, into this order. Those that compare equal keep the order of the table, so that
    /// nothing jumps.
    pub(super) fn put(&self, index: &mut [u32]) {
        let mut places: Vec<Place> =
            index.iter().map(|at| Place { begin: Begin::UNKNOWN, at: *at }).collect();
        self.sort(&mut places, 0);
        for (to, place) in index.iter_mut().zip(&places) {
            *to = place.at;
        }
    }

    /// Sorts rows that are alike in every value before this one.
    fn sort(&self, alike: &mut [Place], key: usize) {
        if key == self.column.ranks() {
            return;
        }
        for place in &mut *alike {
            place.begin = Begin::of(&self.value(place.at, key), self.down);
        }
        alike.sort_unstable_by_key(|place| (place.begin.numbers, place.at));
        for same in alike.chunk_by_mut(|one, other| one.begin.numbers == other.begin.numbers) {
            match same.len() {
                0 | 1 => {}
                _ if same.iter().all(|place| place.begin.says_all) => self.sort(same, key + 1),
                _ => self.sort_by_value(same, key),
            }
        }
    }

    /// The same of rows whose values begin alike.
    fn sort_by_value(&self, alike: &mut [Place], key: usize) {
        let compare = |one: &Place, other: &Place| {
            directed(&self.value(one.at, key), &self.value(other.at, key), self.down)
        };
        alike.sort_by(compare); // stable: the order of the table stays
        for same in alike.chunk_by_mut(|one, other| compare(one, other).is_eq()) {
            if same.len() > 1 {
                self.sort(same, key + 1);
            }
        }
    }

    fn value(&self, at: u32, key: usize) -> Value<'_> {
        let Some(row) = self.pool.get(at) else { return Value::Null };
        if key == 0 && matches!(self.column.body, Body::Standing { .. }) {
            return Standing::rank(self.guard.standing(&row.socket.key));
        }
        let peer = self.ends.and_then(|ends| ends.at(at, self.pool.rows));
        self.column.sort_value(key, &self.moment.subject(row).facing(peer))
    }
}

/// The unknown comes last in both directions.
fn directed(a: &Value<'_>, b: &Value<'_>, down: bool) -> Ordering {
    let order = a.compare(b);
    if down && !is_unknown(a) && !is_unknown(b) { order.reverse() } else { order }
}

fn is_unknown(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Owner(owners) => owners.known().is_none(),
        _ => false,
    }
}

/// A row by its place in the table, and how its value begins.
#[derive(Clone, Copy)]
struct Place {
    begin: Begin,
    at: u32,
}

/// The beginning of a value, as numbers that are ordered as values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Begin {
    /// The highest bit is that of the unknown, which comes last.
    numbers: [u64; 3],
    /// Values with the same numbers are equal, if this is true of both.
    says_all: bool,
}

/// How many bytes of a text stand in the numbers: all but the first, which is the kind's.
const BYTES: usize = 23;
/// Of a process's name: as many as a user may give it. In place of the others stands who it is.
const NAME: usize = 15;
const START_BITS: u32 = 40;
const MOST_PID: u64 = (1 << 22) - 1; // PID_MAX_LIMIT (include/linux/threads.h)
const MOST_START: u64 = (1 << START_BITS) - 1;

impl Begin {
    const UNKNOWN: Self = Self { numbers: [u64::MAX; 3], says_all: false };

    fn of(value: &Value<'_>, down: bool) -> Self {
        if is_unknown(value) {
            return Self::UNKNOWN;
        }
        let number = |number: u128| Self::all(0, [0, high(number), low(number)]);
        let begin = match value {
            Value::Bool(yes) => number(u128::from(*yes)),
            Value::Number(amount) | Value::Id(amount) => number(u128::from(*amount)),
            Value::Moment(at) => number(at.as_nanosecond().cast_unsigned() ^ 1 << 127), // the sign
            Value::Address(addr) => Self::of_address(*addr, 0),
            Value::Endpoint(end) => Self::of_address(end.addr, end.port),
            Value::Word(word) => Self::of_text(0, word.as_bytes()),
            Value::Text(text) => Self::of_text(0, text.as_bytes()),
            Value::Executable(exe) => Self::of_text(0, exe.path.as_bytes()),
            Value::Path(UnixName::Path(path)) => Self::of_text(0, path.as_bytes()),
            Value::Path(UnixName::Abstract(name)) => Self::of_text(1, name.as_bytes()),
            Value::Owner(owners) => {
                owners.first().map_or(Self::UNKNOWN, |first| Self::of_process(first.process))
            }
            _ => Self { says_all: false, ..number(0) },
        };
        let [first, second, third] = begin.numbers;
        let first = first | u64::from(value.rank()) << 59;
        let numbers = if down { [!first & !(1 << 63), !second, !third] } else { [first, second, third] };
        Self { numbers, ..begin }
    }

    /// Numbers that say all: 56 bits of the first.
    fn all(variant: u64, [first, second, third]: [u64; 3]) -> Self {
        Self { numbers: [variant << 56 | first, second, third], says_all: true }
    }

    /// IPv4 before IPv6, then by address, then by port.
    fn of_address(addr: IpAddr, port: u16) -> Self {
        let (version, addr) = match addr {
            IpAddr::V4(addr) => (0, u128::from(addr.to_bits())),
            IpAddr::V6(addr) => (1, addr.to_bits()),
        };
        Self::all(
            version,
            [low(addr >> 80), low(addr >> 16), low(addr) << 16 & 0xffff_0000 | u64::from(port)],
        )
    }

    /// A text that ends comes before those that go on.
    fn of_text(variant: u64, text: &[u8]) -> Self {
        let mut bytes = [0; BYTES + 1];
        let shown = text.len().min(BYTES);
        bytes[1..=shown].copy_from_slice(&text[..shown]);
        let mut numbers = [0; 3];
        for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
            *number = u64::from_be_bytes(*bytes);
        }
        // A NUL looks like the end.
        let says_all = text.len() <= BYTES && !text.contains(&0);
        Self { says_all, ..Self::all(variant, numbers) }
    }

    /// By its name, then by who it is.
    fn of_process(process: &Process) -> Self {
        let name = process.comm.as_bytes();
        let [first, second, _] = Self::of_text(0, &name[..name.len().min(NAME)]).numbers;
        if name.len() > NAME || name.contains(&0) {
            // It comes after all whose name is its beginning.
            return Self { numbers: [first, second, u64::MAX], says_all: false };
        }
        let (pid, start) = (u64::from(process.id.pid.0), process.id.start);
        let third = if pid > MOST_PID { u64::MAX - 1 } else { pid << START_BITS | start.min(MOST_START) };
        Self { numbers: [first, second, third], says_all: pid <= MOST_PID && start < MOST_START }
    }
}

fn high(number: u128) -> u64 {
    low(number >> 64)
}

fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Endpoint, Executable, Fd, NoOwner, Owners, Pid, ProcessId, SystemBytes};

    /// A value, with what it points to.
    #[derive(Clone, Debug)]
    enum Told {
        Nothing,
        Number(u64),
        Moment(i64, i32),
        Text(SystemBytes),
        Path(UnixName),
        Executable(Executable),
        Address(IpAddr, Option<u16>),
        Owners(Owners),
    }

    impl Told {
        fn value(&self) -> Value<'_> {
            match self {
                Self::Nothing => Value::Null,
                Self::Number(number) => Value::Number(*number),
                Self::Moment(second, nanos) => Value::Moment(jiff::Timestamp::new(*second, *nanos).unwrap()),
                Self::Text(text) => Value::Text(text),
                Self::Path(path) => Value::Path(path),
                Self::Executable(exe) => Value::Executable(exe),
                Self::Address(addr, None) => Value::Address(*addr),
                Self::Address(addr, Some(port)) => Value::Endpoint(Endpoint::new(*addr, *port)),
                Self::Owners(owners) => Value::Owner(owners),
            }
        }
    }

    /// Few letters and long beginnings that are alike, so that the ends matter.
    fn text() -> impl Strategy<Value = SystemBytes> {
        let end = prop::collection::vec(prop::sample::select(vec![0u8, 1, b'a', 255]), 0..4);
        let text = (prop::sample::select(vec![0usize, 1, 7, 14, 15, 21, 22, 23, 40]), end)
            .prop_map(|(alike, end)| [vec![b'a'; alike], end].concat());
        text.prop_map(|text| SystemBytes::from(&text[..]))
    }

    fn owners() -> impl Strategy<Value = Owners> {
        let pid = prop::sample::select(vec![1, 2, 4_194_303, 4_194_304, u32::MAX]);
        let start = prop::sample::select(vec![0, 1, MOST_START - 1, MOST_START, u64::MAX]);
        let one = (text(), pid, start).prop_map(|(comm, pid, start)| {
            let id = ProcessId { pid: Pid(pid), start };
            Owners::One { process: Arc::new(Process::named(id, comm)), fd: Fd(3) }
        });
        prop_oneof![8 => one, 1 => prop::sample::select(NoOwner::ALL.to_vec()).prop_map(Owners::Unknown)]
    }

    fn told() -> impl Strategy<Value = Told> {
        let addr = prop_oneof![
            prop::sample::select(vec![0, 1, u32::MAX]).prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
            prop::sample::select(vec![0, 1, 1 << 16, 1 << 80, 1 << 112, u128::MAX])
                .prop_map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits))),
        ];
        let port = prop::option::of(prop::sample::select(vec![0, 1, u16::MAX]));
        prop_oneof![
            Just(Told::Nothing),
            prop::sample::select(vec![0, 1, 1 << 62, 1 << 63, u64::MAX]).prop_map(Told::Number),
            (-2i64..2, -2i32..2)
                .prop_filter("one sign", |(a, b)| i64::from(*b) * a >= 0)
                .prop_map(|(a, b)| Told::Moment(a, b)),
            text().prop_map(Told::Text),
            text().prop_map(|text| Told::Path(UnixName::Path(text))),
            text().prop_map(|text| Told::Path(UnixName::Abstract(text))),
            (text(), any::<bool>()).prop_map(|(path, deleted)| Told::Executable(Executable {
                path,
                deleted,
                file: None
            })),
            (addr, port).prop_map(|(addr, port)| Told::Address(addr, port)),
            owners().prop_map(Told::Owners),
            owners().prop_map(Told::Owners),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn numbers_are_ordered_as_the_values_are(one in told(), other in told(), down: bool) {
            let (a, b) = (one.value(), other.value());
            let (begin, beside) = (Begin::of(&a, down), Begin::of(&b, down));
            match begin.numbers.cmp(&beside.numbers) {
                Ordering::Equal if !(begin.says_all && beside.says_all) => {}
                // Kinds stand apart in either direction: no column has its values in the order of another.
                order if a.rank() != b.rank() && down && !is_unknown(&a) && !is_unknown(&b) => {
                    prop_assert_eq!(order, b.rank().cmp(&a.rank()));
                }
                order => prop_assert_eq!(order, directed(&a, &b, down)),
            }
        }
    }
}
