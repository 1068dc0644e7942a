//! What the tests of all sinks share: notices, and sinks as the file says them.

mod settings;

use std::ops::Range;
use std::sync::Arc;

use super::{Notice, SinkSpec, parse};
use crate::policy::Severity;

/// An alert; the number is in its id and decides nothing else.
pub(super) fn notice(number: u64) -> Notice {
    let id = format!("{:016x}", 0xa0 + number);
    let message = "unexpected listener: tcp 0.0.0.0:4444 held by nc 31337";
    Notice {
        seq: number,
        severity: Severity::High,
        at: "2026-11-30T10:00:00Z".parse().unwrap(),
        line: format!(
            "✗ high     tcp 0.0.0.0:4444  nc 31337 /usr/bin/nc (deploy)  no expectation covers it {number}"
        ),
        json: format!(
            r#"{{"schema":1,"type":"alert","id":"{id}","alert":"unexpected-listener","severity":"high","message":"{message}","rule":null,"pid":31337,"exe":"/usr/bin/nc","socket":{{"protocol":"tcp","local_address":"0.0.0.0","local_port":4444,"uid":1000}}}}"#
        ),
    }
}

pub(super) fn notices(numbers: Range<u64>) -> Vec<Arc<Notice>> {
    numbers.map(|number| Arc::new(notice(number))).collect()
}

/// The one sink with these keys.
pub(super) fn spec(keys: &str) -> SinkSpec {
    let text = format!("version = 1\n[[sink]]\n{keys}\n");
    let mut specs = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(specs.len(), 1);
    specs.swap_remove(0)
}
