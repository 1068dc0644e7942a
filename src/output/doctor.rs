//! What this user on this host can see, what not, why, and what would mend it: for `doctor`.
//!
//! A view of a coverage and nothing else: it looks at nothing itself. The dashboard shows the same sections.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::{Coverage, Hearing, NoOwner, OwnerCoverage, PublishedPort, Rights, SliceStatus};
use crate::store::Moment;
use crate::text::{counted, escape, width};

/// Cells for the names of sections, and for what each comes to.
const NAME: usize = 12;
const RESULT: usize = 20;

/// Who asks: what would mend a gap depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    pub is_root: bool,
    pub rights: Rights,
    /// What it is told between readings.
    pub hearing: Hearing,
}

/// Writes the report.
pub fn write(out: &mut dyn Write, moment: &Moment, asker: &Asker) -> io::Result<()> {
    sections(moment, asker).iter().try_for_each(|section| section.write(out))
}

/// What is to be told, subject by subject; nothing of what nobody asked for.
#[must_use]
pub fn sections(moment: &Moment, asker: &Asker) -> Vec<Section> {
    let coverage = &moment.coverage;
    let mut sections = vec![
        rights(asker),
        sockets(coverage),
        counts(coverage),
        owners(coverage, asker),
        namespaces(coverage, asker),
    ];
    sections.extend(coverage.published.is_some().then(|| published(moment)));
    sections.push(events(&asker.hearing));
    sections
}

/// One subject: what it comes to in a word or two, and lines that explain.
#[derive(Clone, Debug)]
pub struct Section {
    pub name: &'static str,
    pub result: String,
    /// Escaped already.
    pub lines: Vec<String>,
}

impl Section {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        // What fills its column has a line to itself.
        let beside = usize::from(width(&self.result) < RESULT);
        let first = self.lines.first().filter(|_| beside > 0).map_or("", String::as_str);
        let line = format!("{:NAME$}{:RESULT$}{first}", self.name, self.result);
        writeln!(out, "{}", line.trim_end())?;
        for line in self.lines.iter().skip(beside) {
            writeln!(out, "{:1$}{line}", "", NAME + RESULT)?;
        }
        Ok(())
    }
}

/// What may be done beyond what everybody may, and how to get the rest.
fn rights(asker: &Asker) -> Section {
    let each = asker.rights.each();
    let missing = || each.iter().filter(|(_, _, there)| !there);
    let mut lines: Vec<String> = missing().map(|(what, names, _)| format!("not {what}: {names}")).collect();
    if !lines.is_empty() && !asker.is_root {
        let names: Vec<&str> = missing().map(|(_, names, _)| *names).collect();
        lines.push(format!("all: sudo setcap {}+ep $(command -v sockeye)", names.join(",")));
    }
    Section { name: "rights", result: asker.rights.profile().word().to_owned(), lines }
}

fn sockets(coverage: &Coverage) -> Section {
    let mut by_status: BTreeMap<(u8, &str, String), Vec<String>> = BTreeMap::new();
    for read in &coverage.slices {
        let (gravity, says) = match &read.status {
            SliceStatus::Failed(_) | SliceStatus::Denied(_) => (0, "could not be read"),
            SliceStatus::Partial(_) => (1, "could not be read whole"),
            SliceStatus::Fallback(_) if read.source == "portable" => (2, "read by netstat2"),
            SliceStatus::Fallback(_) => (2, "read from procfs"),
            SliceStatus::Unlisted(_) => (2, "found by descriptors alone"),
            SliceStatus::Unsupported(_) => (3, "not in this kernel"),
            SliceStatus::Ok => continue,
        };
        // That a kernel lacks a protocol needs no further reason.
        let why = if gravity == 3 { "" } else { read.status.reason().unwrap_or_default() };
        let names = by_status.entry((gravity, says, why.to_owned())).or_default();
        let name = read.slice.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let whole = coverage.gaps().next().is_none();
    let lines = by_status.into_iter().map(|((_, says, why), names)| {
        let why = if why.is_empty() { why } else { format!(": {}", escape(why.as_bytes())) };
        format!("{says}: {}{why}", names.join(", "))
    });
    let result = if whole { "complete" } else { "incomplete" }.to_owned();
    Section { name: "sockets", result, lines: lines.collect() }
}

/// Where the kernel counts more sockets than it listed. Fewer is no sign: it counts neither
/// TIME-WAIT nor handshakes.
fn counts(coverage: &Coverage) -> Section {
    let compared: Vec<_> = coverage.slices.iter().filter_map(|read| Some((read, read.counted?))).collect();
    let lines: Vec<_> = compared
        .iter()
        .filter(|(read, counted)| *counted > read.rows)
        .map(|(read, counted)| {
            format!("{}: listed {}, counted {counted}: unbound sockets, or a gap", read.slice, read.rows)
        })
        .collect();
    let result = if lines.is_empty() { "agree" } else { "differ" }.to_owned();
    Section { name: "counts", result, lines }
}

fn owners(coverage: &Coverage, asker: &Asker) -> Section {
    let owners = &coverage.owners;
    // Sockets whose connection the kernel handles alone have no owner to find.
    let missing: usize = owners
        .unresolved
        .iter()
        .filter(|(why, _)| {
            use NoOwner::{Denied, InFlight, Nobody, NotScanned, OtherPidns};
            matches!(why, Denied | InFlight | Nobody | NotScanned | OtherPidns)
        })
        .map(|(_, count)| count)
        .sum();
    let mut lines = Vec::new();
    if owners.denied > 0 {
        let processes = counted(owners.denied, "process", "processes");
        lines.push(if asker.is_root {
            format!("{processes} may not be read, even by root: this container or sandbox forbids it")
        } else {
            format!("{processes} may not be read: you see only your own")
        });
        if !asker.is_root {
            lines.push("everyone's: run as root, or grant the rights once:".to_owned());
            lines.push("sudo setcap cap_bpf,cap_perfmon+ep $(command -v sockeye)".to_owned());
        }
    }
    lines.extend(way(owners));
    lines.extend(covered(owners));
    lines.extend(owners.reason.as_ref().map(|reason| escape(reason.as_bytes()).into_owned()));
    lines.extend(owners.silent_runtimes.iter().map(|silent| {
        let (socket, reason) = (escape(silent.socket.as_bytes()), escape(silent.reason.as_bytes()));
        format!("names of containers not told by {socket}: {reason}")
    }));
    let result = format!("{} of {}", owners.resolved, owners.resolved + missing);
    Section { name: "owners", result, lines }
}

/// Somebody hides processes, or tried to.
fn covered(owners: &OwnerCoverage) -> Option<String> {
    let pids: Vec<_> = owners.covered.iter().map(|pid| format!("/proc/{}", pid.0)).collect();
    (!pids.is_empty()).then(|| format!("covered by a mount: {}", pids.join(", ")))
}

/// How they were looked for, and why so.
fn way(owners: &OwnerCoverage) -> Option<String> {
    let way = match owners.method {
        "bpf" => "found through BPF",
        "procfs" => "found by a scan of /proc",
        _ => return None,
    };
    let why = owners.method_reason.as_ref().map(|why| format!(": {}", escape(why.as_bytes())));
    Some(format!("{way}{}", why.unwrap_or_default()))
}

fn namespaces(coverage: &Coverage, asker: &Asker) -> Section {
    let known = &coverage.namespaces;
    let whole = known.list.iter().filter(|one| one.status == SliceStatus::Ok).count();
    let mut lines: Vec<String> = Vec::new();
    for one in known.list.iter().filter(|one| one.status != SliceStatus::Ok) {
        let name = one
            .name
            .as_ref()
            .map_or_else(|| one.id.0.to_string(), |name| escape(name.as_bytes()).into_owned());
        let why = one.status.reason().unwrap_or_default();
        lines.push(format!("{name}: {}: {}", one.status.word(), escape(why.as_bytes())));
    }
    lines.extend(known.gap.as_ref().map(|gap| format!("there may be more: {}", escape(gap.as_bytes()))));
    if whole < known.list.len() && !asker.is_root {
        lines.push("entering them needs CAP_SYS_ADMIN: run as root".to_owned());
    }
    let result = format!("{whole} of {}", known.list.len() + known.left_out);
    Section { name: "namespaces", result, lines }
}

/// Ports that rules publish: nothing else tells of those that have no socket.
fn published(moment: &Moment) -> Section {
    /// No more are listed here.
    const SHOWN: usize = 16;
    let ports = moment.names.published.as_deref();
    let status = moment.coverage.published.as_ref();
    let why = status.and_then(SliceStatus::reason).map(|why| escape(why.as_bytes()).into_owned());
    let mut lines: Vec<String> =
        ports.unwrap_or_default().iter().take(SHOWN).map(|port| rule(port)).collect();
    match ports.map_or(0, <[_]>::len).saturating_sub(SHOWN) {
        0 => {}
        more => lines.push(format!("and {more} more: sockeye --json")),
    }
    lines.extend(why);
    let result = ports.map_or_else(|| "not known".to_owned(), |ports| format!("{} by DNAT", ports.len()));
    Section { name: "published", result, lines }
}

fn rule(port: &PublishedPort) -> String {
    let protocol = port.protocol_word().map_or_else(String::new, |word| format!("{word} "));
    let name = port
        .container
        .as_ref()
        .map_or_else(String::new, |container| format!(" of {}", escape(container.label().as_bytes())));
    let condition = if port.conditional { ", under conditions" } else { "" };
    format!("{protocol}{} to {}{name}{condition}", port.host_side(), port.target_side())
}

/// What is told of sockets between readings, and what can be missed for all that.
fn events(hearing: &Hearing) -> Section {
    let told: Vec<_> = hearing.each().collect();
    let all: Vec<_> = told.iter().filter(|(_, told)| !told.is_blind()).map(|(what, _)| *what).collect();
    let why = |(what, told): &(&str, &SliceStatus)| {
        let little = if told.is_blind() { "nothing is told" } else { "not all is told" };
        Some(format!("{little} of {what}: {}", escape(told.reason()?.as_bytes())))
    };
    let mut lines: Vec<_> = told.iter().filter_map(why).collect();
    let (result, missed) = match all[..] {
        [] => ("by polling".to_owned(), "what lives shorter than the interval can be missed"),
        _ => (format!("of {}", all.join(", of ")), "what else lives shorter than the interval can be missed"),
    };
    lines.push(missed.to_owned());
    Section { name: "events", result, lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Container, Family, Names, NamespaceCoverage, NetnsCoverage, NetnsFound, NetnsId, OwnerCoverage,
        Protocol, Runtime, SilentRuntime, Slice, SliceCoverage, Span,
    };

    fn read(protocol: Protocol, status: SliceStatus, rows: usize, counted: Option<usize>) -> SliceCoverage {
        let slice = Slice { netns: NetnsId(1), family: Family::Inet, protocol };
        SliceCoverage { status, rows, counted, ..SliceCoverage::new(slice, "netlink") }
    }

    fn report(coverage: Coverage, is_root: bool) -> String {
        let moment = Moment {
            extent: crate::model::Extent::All,
            loads: std::sync::Arc::default(),
            taken: crate::model::Stamp { mono: std::time::Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH },
            host: std::sync::Arc::new(crate::model::Host {
                name: "h".into(),
                kernel: "k".into(),
                boot_id: None,
                booted: None,
            }),
            names: std::sync::Arc::new(Names {
                published: coverage.published.as_ref().filter(|status| !status.is_blind()).map(|_| rules()),
                ..Names::default()
            }),
            coverage,
        };
        let mut out = Vec::new();
        let every_process = is_root;
        let rights = Rights { every_process, bpf: is_root, namespaces: is_root, filters: is_root };
        write(&mut out, &moment, &Asker { is_root, rights, hearing: Hearing::default() }).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rules() -> Vec<std::sync::Arc<PublishedPort>> {
        let web = Container { name: Some("we\x1bb".into()), ..Container::new("1", Runtime::Docker) };
        let plain = PublishedPort {
            family: Some(Family::Inet),
            protocol: Some(6),
            host: None,
            ports: Some(Span::one(8080)),
            interface: None,
            conditional: false,
            target: Some(Span::one([172, 17, 0, 2].into())),
            target_ports: Some(Span::one(80)),
            container: Some(web),
            table_family: "ip",
            table: "nat".into(),
            chain: "DOCKER".into(),
        };
        let other = PublishedPort { protocol: None, container: None, conditional: true, ..plain.clone() };
        vec![plain.into(), other.into()]
    }

    fn own(status: SliceStatus) -> NetnsCoverage {
        NetnsCoverage { id: NetnsId(1), name: Some("ho\x1bst".into()), found: NetnsFound::Own, status }
    }

    #[test]
    fn where_nothing_is_hidden_there_is_little_to_say() {
        let coverage = Coverage {
            slices: vec![read(Protocol::Tcp, SliceStatus::Ok, 3, Some(2))],
            owners: OwnerCoverage {
                method: "bpf",
                resolved: 3,
                unresolved: vec![(NoOwner::Orphan, 1)],
                ..Default::default()
            },
            namespaces: NamespaceCoverage {
                list: vec![own(SliceStatus::Ok)],
                exhaustive: true,
                all: true,
                ..Default::default()
            },
            published: Some(SliceStatus::Ok),
            hearing: None,
        };
        assert_eq!(
            report(coverage, true),
            "rights      full\n\
             sockets     complete\n\
             counts      agree\n\
             owners      3 of 3              found through BPF\n\
             namespaces  1 of 1\n\
             published   2 by DNAT           tcp 0.0.0.0:8080 to 172.17.0.2:80 of we\\x1bb\n\
             \x20                               0.0.0.0:8080 to 172.17.0.2:80, under conditions\n\
             events      by polling          nothing is told of TCP sockets that begin: nobody listens\n\
             \x20                               nothing is told of UDP sockets that bind: nobody listens\n\
             \x20                               nothing is told of TCP and UDP sockets that end: nobody listens\n\
             \x20                               what lives shorter than the interval can be missed\n"
        );
    }

    #[test]
    fn every_gap_has_its_reason_and_the_way_out() {
        let coverage = Coverage {
            slices: vec![
                read(Protocol::Tcp, SliceStatus::Failed("EPERM".into()), 0, Some(9)),
                read(Protocol::Udp, SliceStatus::Fallback("EPERM".into()), 1, None),
                read(Protocol::Sctp, SliceStatus::Unsupported("x".into()), 0, None),
                read(Protocol::Dccp, SliceStatus::Unsupported("y".into()), 0, None),
            ],
            owners: OwnerCoverage {
                method: "procfs",
                method_reason: Some("no BPF: it needs CAP_BPF and CAP_PERFMON".to_owned()),
                resolved: 37,
                denied: 9,
                silent_runtimes: vec![SilentRuntime {
                    socket: "/run/dock\x1b.sock".into(),
                    reason: "it did not answer in time".to_owned(),
                }],
                unresolved: vec![(NoOwner::Denied, 175)],
                ..Default::default()
            },
            namespaces: NamespaceCoverage {
                list: vec![own(SliceStatus::Denied("EPERM".into()))],
                exhaustive: false,
                all: true,
                left_out: 2,
                gap: Some("9 processes may not be looked into".into()),
            },
            published: Some(SliceStatus::Denied("it needs CAP_NET_ADMIN".into())),
            hearing: None,
        };
        assert_eq!(
            report(coverage, false),
            "rights      view                not every process: cap_dac_read_search,cap_sys_ptrace\n\
             \x20                               not owners through BPF: cap_bpf,cap_perfmon\n\
             \x20                               not other network namespaces: cap_sys_admin\n\
             \x20                               not marks, MD5 peers, packet filters, DNAT rules: cap_net_admin\n\
             \x20                               all: sudo setcap cap_dac_read_search,cap_sys_ptrace,cap_bpf,cap_perfmon,cap_sys_admin,cap_net_admin+ep $(command -v sockeye)\n\
             sockets     incomplete          could not be read: tcp: EPERM\n\
             \x20                               read from procfs: udp: EPERM\n\
             \x20                               not in this kernel: sctp, dccp\n\
             counts      differ              tcp: listed 0, counted 9: unbound sockets, or a gap\n\
             owners      37 of 212           9 processes may not be read: you see only your own\n\
             \x20                               everyone's: run as root, or grant the rights once:\n\
             \x20                               sudo setcap cap_bpf,cap_perfmon+ep $(command -v sockeye)\n\
             \x20                               found by a scan of /proc: no BPF: it needs CAP_BPF and CAP_PERFMON\n\
             \x20                               names of containers not told by /run/dock\\x1b.sock: it did not answer in time\n\
             namespaces  0 of 3              ho\\x1bst: denied: EPERM\n\
             \x20                               there may be more: 9 processes may not be looked into\n\
             \x20                               entering them needs CAP_SYS_ADMIN: run as root\n\
             published   not known           it needs CAP_NET_ADMIN\n\
             events      by polling          nothing is told of TCP sockets that begin: nobody listens\n\
             \x20                               nothing is told of UDP sockets that bind: nobody listens\n\
             \x20                               nothing is told of TCP and UDP sockets that end: nobody listens\n\
             \x20                               what lives shorter than the interval can be missed\n"
        );
    }

    #[test]
    fn what_is_told_between_readings_and_what_is_not() {
        let told = |why: Result<(), &str>| {
            why.map_or_else(|why| SliceStatus::Denied(why.into()), |()| SliceStatus::Ok)
        };
        let hearing = |beginnings, ends| Hearing {
            beginnings: Some(told(beginnings)),
            binds: Some(told(Ok(()))),
            ends: Some(told(ends)),
        };
        let section = |hearing: &Hearing| {
            let section = events(hearing);
            (section.result, section.lines)
        };
        let all = hearing(Ok(()), Ok(()));
        let (result, lines) = section(&all);
        assert_eq!(
            result,
            "of TCP sockets that begin, of UDP sockets that bind, of TCP and UDP sockets that end"
        );
        assert_eq!(lines, ["what else lives shorter than the interval can be missed"]);
        let mut out = Vec::new();
        events(&all).write(&mut out).unwrap();
        let written = "events      of TCP sockets that begin, of UDP sockets that bind, of TCP and UDP sockets that end\n\
                       \x20                               what else lives shorter than the interval can be missed\n";
        assert_eq!(String::from_utf8(out).unwrap(), written, "a result that is long has its line");
        let (result, lines) = section(&hearing(Err("no rights\n"), Ok(())));
        assert_eq!(result, "of UDP sockets that bind, of TCP and UDP sockets that end");
        assert_eq!(lines[0], "nothing is told of TCP sockets that begin: no rights\\n");
        let some = Hearing { binds: Some(SliceStatus::Partial("only here".into())), ..all };
        let (result, lines) = section(&some);
        assert_eq!(
            result,
            "of TCP sockets that begin, of UDP sockets that bind, of TCP and UDP sockets that end"
        );
        assert_eq!(lines[0], "not all is told of UDP sockets that bind: only here");
    }
}
