//! The first part of the summary: the counts of the kernel, line by line.

use super::{ss, stock};
use crate::harness::{eventually, run, sockeye};

pub(super) fn summary() {
    let _stock = stock::open();
    let theirs = || ss(&["-s"]).trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    // The kernel frees the sockets of a program some time after it has ended, and counts them until
    // then; TCP sockets that hold memory it counts in all namespaces. So what differs is waited for,
    // and then asked for again.
    let ours = eventually(|| {
        let ours = run(&mut sockeye(&["-s"])).ok();
        let mut last = Vec::new();
        for _ in 0..20 {
            last = theirs();
            if ours.lines().take(last.len()).eq(last.iter().map(String::as_str)) {
                return Ok(ours);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Err(format!("sockeye {ours}, ss {last:?}"))
    });
    let ours: Vec<&str> = ours.lines().collect();
    let (kernel, rest) = ours.split_at(theirs().len());
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
