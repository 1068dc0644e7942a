//! The first part of the summary: the counts of the kernel, line by line.

use super::{ss, stock};
use crate::harness::{eventually, run, sockeye};

pub(super) fn summary() {
    let _stock = stock::open();
    let theirs = || ss(&["-s"]).trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    // The kernel counts TCP sockets that hold memory in all namespaces: others may come and go.
    let (ours, theirs) = eventually(|| {
        let before = theirs();
        let ours = run(&mut sockeye(&["-s"])).ok();
        let after = theirs();
        if before == after { Ok((ours, after)) } else { Err(format!("{before:?} {after:?}")) }
    });
    let ours: Vec<&str> = ours.lines().collect();
    let (kernel, rest) = ours.split_at(theirs.len());
    assert_eq!(kernel, theirs, "sockeye, ss");
    assert_eq!(rest[0], "", "{rest:?}");
    let count = |name: &str| {
        let line = kernel.iter().find(|line| line.starts_with(&format!("{name}\t"))).unwrap();
        line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
    };
    for name in ["RAW", "UDP", "TCP", "INET"] {
        assert!(count(name).iter().all(|number| *number > 0), "{name} has nothing to compare: {kernel:?}");
    }
    assert!(!kernel[1].contains("estab 0,") && !kernel[1].contains("timewait 0)"), "{}", kernel[1]);
}
