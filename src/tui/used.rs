//! What processes take of the machine, summed for those that are counted together.
//!
//! What is not known is counted, never taken for nothing.

use crate::model::NoUsage;
use crate::store::Load;

/// What processes take of the machine, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Thousandths of one core; `None` where nobody's is known.
    pub(super) cpu: Option<u32>,
    /// Bytes that are resident; `None` where nobody's is known.
    pub(super) resident: Option<u64>,
    /// Of how many processes the CPU time is not known, or not yet.
    pub(super) no_cpu: usize,
    /// Of how many nothing is known, and why of one of them.
    pub(super) unread: usize,
    pub(super) why: Option<NoUsage>,
}

impl Used {
    /// Takes in one process.
    pub(super) fn add(&mut self, load: Option<&Result<Load, NoUsage>>) {
        match load {
            Some(Ok(load)) => {
                self.resident = Some(self.resident.unwrap_or(0).saturating_add(load.resident));
                match load.cpu {
                    Some(cpu) => self.cpu = Some(self.cpu.unwrap_or(0).saturating_add(cpu)),
                    None => self.no_cpu += 1,
                }
            }
            Some(Err(why)) => {
                self.no_cpu += 1;
                self.unread += 1;
                self.why = Some(*why);
            }
            None => {
                self.no_cpu += 1;
                self.unread += 1;
            }
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.cpu = sum(self.cpu, other.cpu, u32::saturating_add);
        self.resident = sum(self.resident, other.resident, u64::saturating_add);
        self.no_cpu += other.no_cpu;
        self.unread += other.unread;
        self.why = self.why.or(other.why);
    }
}

/// What is known of both.
fn sum<T>(one: Option<T>, other: Option<T>, add: fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(add(one, other)),
        (one, other) => one.or(other),
    }
}
