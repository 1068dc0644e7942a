//! How much of the machine processes take: what they used by now, compared with an earlier reading.
//!
//! Compared are readings of one process, by pid and start time: a pid that is in use again begins anew.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{NoUsage, ProcessId, Usage, Usages};

/// Readings that follow each other sooner say nothing: CPU time is counted in ticks of 10 ms. Then what was told
/// before stays, and the next reading is compared with the same one.
const SHORTEST: Duration = Duration::from_millis(100);

/// How much a process takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Of one core, in thousandths, between two readings; `None` after a single one.
    pub cpu: Option<u32>,
    /// Bytes of its memory that are resident.
    pub resident: u64,
    /// What the next reading is compared with.
    since: Usage,
}

/// How much each process takes that was looked at, or why that is not known.
pub type Loads = BTreeMap<ProcessId, Result<Load, NoUsage>>;

/// What these usages are, compared with those before.
pub(super) fn loads(before: &Loads, usages: &Usages) -> Loads {
    let earlier = |id: &ProcessId| before.get(id).and_then(|load| load.as_ref().ok());
    let load = |(id, usage): (&ProcessId, &Result<Usage, NoUsage>)| {
        (*id, usage.map(|now| Load::of(earlier(id), now)))
    };
    usages.iter().map(load).collect()
}

impl Load {
    fn of(earlier: Option<&Self>, now: Usage) -> Self {
        let Some(earlier) = earlier else {
            return Self { cpu: None, resident: now.resident, since: now };
        };
        let elapsed = now.at.saturating_sub(earlier.since.at);
        if elapsed < SHORTEST {
            return Self { resident: now.resident, ..*earlier };
        }
        let used = now.cpu.saturating_sub(earlier.since.cpu);
        let thousandths = used.as_nanos().saturating_mul(1_000) / elapsed.as_nanos();
        let cpu = Some(u32::try_from(thousandths).unwrap_or(u32::MAX));
        Self { cpu, resident: now.resident, since: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pid;

    fn id(start: u64) -> ProcessId {
        ProcessId { pid: Pid(7), start }
    }

    fn reading(start: u64, at: u64, cpu: u64) -> Usages {
        let (at, cpu) = (Duration::from_millis(at), Duration::from_millis(cpu));
        [(id(start), Ok(Usage { at, cpu, resident: 4096 }))].into()
    }

    /// What is told of a process after each reading: when, and the CPU time until then, in milliseconds.
    fn told(readings: &[(u64, u64)]) -> Vec<Option<u32>> {
        let mut known = Loads::new();
        let mut told = Vec::new();
        for (at, cpu) in readings {
            known = loads(&known, &reading(1, *at, *cpu));
            told.push(known[&id(1)].unwrap().cpu);
        }
        told
    }

    #[test]
    fn two_readings_make_a_share_of_one_core() {
        for (readings, shares) in [
            (&[(0, 500)][..], &[None][..]),
            (&[(0, 500), (1_000, 750)], &[None, Some(250)]),
            (&[(0, 500), (1_000, 500)], &[None, Some(0)]),
            (&[(0, 0), (1_000, 3_500)], &[None, Some(3_500)]), // several threads
            (&[(0, 0), (500, 50), (1_500, 50)], &[None, Some(100), Some(0)]),
            // Nothing is made of a tick within an instant.
            (&[(0, 0), (20, 10), (1_000, 100)], &[None, None, Some(100)]),
            (&[(0, 0), (1_000, 100), (1_020, 110), (2_000, 200)], &[None, Some(100), Some(100), Some(100)]),
        ] {
            assert_eq!(told(readings), shares, "{readings:?}");
        }
    }

    #[test]
    fn a_pid_that_is_in_use_again_begins_anew() {
        let before = loads(&Loads::new(), &reading(1, 0, 60_000));
        let after = loads(&before, &reading(2, 1_000, 10));
        assert_eq!(after.keys().copied().collect::<Vec<_>>(), [id(2)]);
        assert_eq!(after[&id(2)].unwrap().cpu, None);
    }

    #[test]
    fn after_a_gap_it_begins_anew() {
        let before = loads(&Loads::new(), &reading(1, 0, 0));
        let gap = loads(&before, &[(id(1), Err(NoUsage::Denied))].into());
        assert_eq!(gap[&id(1)], Err(NoUsage::Denied));
        assert_eq!(loads(&gap, &reading(1, 2_000, 500))[&id(1)].unwrap().cpu, None);
        assert!(loads(&before, &Usages::new()).is_empty(), "nobody asked");
    }
}
