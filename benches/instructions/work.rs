//! The work that is counted: always the same, with nothing of the machine in it. It must not depend on time, chance
//! or the system.

use std::time::Duration;

use anyhow::Context as _;
use sockeye::filter::{Filter, Seen, Vocabulary};
use sockeye::model::{Family, NetnsId, PortRange, Protocol, Row, Sample};
use sockeye::output::table::{self, Layout, Sheet};
use sockeye::output::{Face, Group, json};
use sockeye::store::Table;
use sockeye::wire::{Context, inet_diag, netlink};

use crate::made::Machine;

/// Sockets, and how many of them are others at the next reading.
const SOCKETS: usize = 3_000;
const CHANGES: usize = 100;
/// Readings that are there before the first is worked on.
const READINGS: usize = 3;
/// Every kind of condition.
const FILTER: &str =
    "( proc = nginx or user = user3 or rtt > 50ms or src 10.1.0.0/16 ) and not dport = :443 or sport > 60000";

type Work = fn(usize) -> anyhow::Result<()>;

/// Each does its work so many times.
pub(crate) const STAGES: [(&str, Work); 5] =
    [("parse", parse), ("merge", merge), ("filter", filter), ("table", write_table), ("json", write_json)];

/// The bytes of a dump, to sockets.
fn parse(times: usize) -> anyhow::Result<()> {
    let dump: Vec<u8> = (0..SOCKETS).flat_map(message).collect();
    let context = Context::new(NetnsId(1), Family::Inet, Protocol::Tcp);
    for _ in 0..times {
        let mut sockets = Vec::with_capacity(SOCKETS);
        for message in netlink::messages(&dump) {
            sockets.push(inet_diag::decode(message?.payload, &context)?);
        }
        anyhow::ensure!(sockets.len() == SOCKETS, "{} sockets of {SOCKETS}", sockets.len());
    }
    Ok(())
}

/// A reading of as many sockets, to a table that knows the one before.
fn merge(times: usize) -> anyhow::Result<()> {
    let (mut table, readings) = readings();
    for reading in readings.into_iter().take(times) {
        let (next, changes) = table.apply(reading);
        anyhow::ensure!(changes.len() >= CHANGES, "{} changes of {CHANGES}", changes.len());
        table = next;
    }
    std::mem::forget(table);
    Ok(())
}

fn filter(times: usize) -> anyhow::Result<()> {
    let (table, _) = readings();
    let vocabulary = Vocabulary { services: &|_| vec![443], ephemeral: &PortRange::default };
    let filter = Filter::parse(FILTER, &vocabulary)?;
    let moment = table.moment().context("no reading")?;
    for _ in 0..times {
        let passes = |row: &&Row| filter.passes(&Seen { subject: moment.subject(row), now: moment.taken });
        let passing = table.open().filter(passes).count();
        anyhow::ensure!((1..SOCKETS).contains(&passing), "{passing} sockets pass");
    }
    Ok(())
}

fn write_table(times: usize) -> anyhow::Result<()> {
    let (table, _) = readings();
    let moment = table.moment().context("no reading")?;
    let layout = Layout {
        header: true,
        netid: true,
        state: true,
        processes: true,
        numeric: true,
        ..Layout::default()
    };
    let sheet = Sheet {
        layout,
        names: &moment.names,
        services: &|_, _| None,
        hosts: None,
        holding: None,
        face: Face::default(),
    };
    let mut text = Vec::with_capacity(1 << 20);
    for _ in 0..times {
        text.clear();
        table::write(&mut text, Group::of_all(table.open().collect()), sheet)?;
        anyhow::ensure!(text.split(|byte| *byte == b'\n').count() == SOCKETS + 2, "not every row");
    }
    Ok(())
}

fn write_json(times: usize) -> anyhow::Result<()> {
    let (table, _) = readings();
    let moment = table.moment().context("no reading")?;
    let (rows, peers): (Vec<_>, _) = (table.open().collect(), table.peers());
    let mut text = Vec::with_capacity(1 << 24);
    for _ in 0..times {
        text.clear();
        json::write(&mut text, &rows, moment, &peers)?;
        anyhow::ensure!(text.len() > 100 * SOCKETS, "not every socket");
    }
    Ok(())
}

/// A table after a reading, and the readings that follow.
fn readings() -> (Table, Vec<Sample>) {
    let mut machine = Machine::new(SOCKETS);
    let (table, _) = Table::new(Duration::from_secs(3)).apply(machine.poll(0));
    (table, (0..READINGS).map(|_| machine.poll(CHANGES)).collect())
}

/// What the kernel tells of a connection: `struct inet_diag_msg` (`linux/inet_diag.h`), and of its attributes
/// `tcp_info` and the name of its congestion control.
fn message(number: usize) -> Vec<u8> {
    const INFO: u16 = 2;
    const CONGESTION: u16 = 4;
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let port = u16::try_from(1_024 + number % 60_000).unwrap_or(u16::MAX);
    let mut body = vec![2, 1, 0, 0]; // AF_INET, established
    body.extend(port.to_be_bytes());
    body.extend(443_u16.to_be_bytes());
    for address in [0x0a00_0001, 0x0a01_0000 + number] {
        body.extend(address.to_be_bytes());
        body.extend([0; 12]);
    }
    // The interface, the cookie in two halves, no timer, both queues, user and inode.
    for word in [0, number + 1, 0, 0, number % 7, number % 4_096, number % 1_000, 100_000 + number] {
        body.extend(word.to_ne_bytes());
    }
    let info: Vec<u8> =
        (0..58_u32).flat_map(|word| (number.wrapping_mul(word) % 100_000).to_ne_bytes()).collect();
    netlink::push_attribute(&mut body, INFO, &info);
    netlink::push_attribute(&mut body, CONGESTION, b"cubic\0");
    netlink::request(inet_diag::BY_FAMILY, 0, 1, &body)
}
