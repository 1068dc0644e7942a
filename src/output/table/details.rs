//! What `ss` tells of a socket behind its columns, by the options that ask for it: `-e`, `-o`, `-m`, `-i`,
//! `-b`, `--tos`, `--cgroup`, `--inet-sockopt`. In its words, its units and its order.
//!
//! What is not known is left out. On purpose it differs from `ss` where that prints places in the kernel's
//! memory as 0, keys of TCP-MD5, and the device of a Unix socket's file with its bits in disorder.

use std::fmt::Arguments;

use super::{Layout, info};
use crate::model::{
    BpfInstruction, Details, Family, Inode, Memory, Names, Options, PacketDetails, Protocol, Ring, Shutdown,
    Socket, Timer, TimerKind, UnixDetails, XdpDetails,
};
use crate::text::{escape, push, push_number};

/// The options that ask for it, by their names in `ss`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of ss")]
pub struct Extras {
    pub extended: bool,
    /// `-o`: the timer; with `info` also the options that both ends agreed on.
    pub options: bool,
    pub memory: bool,
    pub info: bool,
    /// The packet filter.
    pub bpf: bool,
    pub tos: bool,
    pub cgroup: bool,
    pub inet_sockopt: bool,
    /// All on the line of the socket.
    pub oneline: bool,
}

impl Extras {
    /// True when anything is asked for.
    #[must_use]
    pub fn any(self) -> bool {
        Self { oneline: false, ..self } != Self::default()
    }
}

/// The end of a socket's line, and the lines below it.
pub(super) struct Tail<'a> {
    line: &'a mut String,
    below: &'a mut String,
    pub(super) extras: Extras,
    pub(super) numeric: bool,
    place: Place,
}

/// Where the next fact goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Line,
    /// On a line of its own, which is begun by its first fact.
    New,
    Below,
}

impl<'a> Tail<'a> {
    pub(super) fn new(line: &'a mut String, below: &'a mut String, layout: Layout) -> Self {
        Self { line, below, extras: layout.extras, numeric: layout.numeric, place: Place::Line }
    }

    /// What follows stands on a line of its own, except where all is on one.
    fn begin_line(&mut self) {
        if !self.extras.oneline {
            self.place = Place::New;
        }
    }

    /// Where the next fact is written, behind what parts it from the one before.
    pub(super) fn word(&mut self) -> &mut String {
        let (text, gap) = match self.place {
            Place::Line if self.line.is_empty() => (&mut *self.line, ""),
            Place::Line => (&mut *self.line, " "),
            Place::New if self.below.is_empty() => (&mut *self.below, "\t "),
            Place::New => (&mut *self.below, "\n\t "),
            Place::Below => (&mut *self.below, " "),
        };
        if self.place == Place::New {
            self.place = Place::Below;
        }
        text.push_str(gap);
        text
    }

    /// A fact.
    pub(super) fn fact(&mut self, text: Arguments<'_>) {
        push(self.word(), text);
    }

    /// A number by its name.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        let text = self.word();
        text.push_str(name);
        text.push(':');
        push_number(text, number);
    }

    /// Ends the last line.
    fn end(self) {
        if !self.below.is_empty() {
            self.below.push('\n');
        }
    }
}

/// Tells what is asked for of this socket.
pub(super) fn push_all(mut tail: Tail<'_>, socket: &Socket, names: &Names) {
    let none = Details::default();
    let details = socket.details.as_deref().unwrap_or(&none);
    match socket.family {
        Family::Inet | Family::Inet6 | Family::Smc => inet(&mut tail, socket, details, names),
        Family::Unix => unix(&mut tail, details),
        Family::Packet => packet(&mut tail, socket, details),
        Family::Netlink => netlink(&mut tail, details),
        _ => other(&mut tail, socket, details),
    }
    tail.end();
}

fn inet(tail: &mut Tail<'_>, socket: &Socket, details: &Details, names: &Names) {
    let extras = tail.extras;
    if let Some(timer) = socket.timer.filter(|_| extras.options) {
        let text = tail.word();
        push_timer(text, timer);
    }
    if extras.extended {
        identity(tail, socket);
        if let Some(mark) = details.mark.filter(|mark| *mark > 0) {
            tail.fact(format_args!("fwmark:{mark:#x}"));
        }
        cgroup(tail, details, names);
        if let Some(only) = socket.v6only.filter(|_| socket.family == Family::Inet6) {
            tail.number("v6only", only.into());
        }
        shutdown(tail, details);
    }
    if extras.tos {
        let numbers = [
            ("tos", details.tos.map(u32::from)),
            ("tclass", details.tclass.map(u32::from)),
            ("class_id", details.class_id),
        ];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            match number {
                0 => tail.number(name, 0),
                _ => tail.fact(format_args!("{name}:{number:#x}")),
            }
        }
    }
    if extras.cgroup {
        cgroup(tail, details, names);
    }
    if let Some(options) = details.options.filter(|_| extras.inet_sockopt) {
        tail.begin_line();
        inet_options(tail.word(), options);
    }
    tail.begin_line();
    memory(tail, details);
    // Of datagrams there is nothing to tell.
    if (extras.info || extras.memory) && socket.protocol != Protocol::Udp {
        info::push_facts(tail, socket, details);
    }
}

/// User, inode and cookie. User 0 is not told, and inode 0 stands for none.
fn identity(tail: &mut Tail<'_>, socket: &Socket) {
    if let Some(uid) = socket.uid.filter(|uid| uid.0 > 0) {
        tail.number("uid", uid.0.into());
    }
    tail.number("ino", socket.inode.map_or(0, Inode::get));
    if let Some(cookie) = socket.key.cookie() {
        tail.fact(format_args!("sk:{:x}", cookie.0));
    }
}

/// The path of the cgroup; its number where it is outside of what is mounted here.
fn cgroup(tail: &mut Tail<'_>, details: &Details, names: &Names) {
    let Some(id) = details.cgroup else { return };
    match names.cgroups.get(&id) {
        Some(path) => tail.fact(format_args!("cgroup:{}", escape(path.as_bytes()))),
        None => tail.fact(format_args!("cgroup:unreachable:{:x}", id.0)),
    }
}

/// Which of the two directions are open, as an arrow.
fn shutdown(tail: &mut Tail<'_>, details: &Details) {
    let arrow = match details.shutdown {
        None => return,
        Some(Shutdown::None) => "<->",
        Some(Shutdown::Receive) => "-->",
        Some(Shutdown::Send) => "<--",
        Some(Shutdown::Both) => "---",
    };
    tail.word().push_str(arrow);
}

/// The socket options that are set.
fn inet_options(text: &mut String, options: Options) {
    text.push_str("inet-sockopt: (");
    for name in options.names() {
        text.push(' ');
        text.push_str(if name == "bind_address_no_port" { "bind_addr_no_port" } else { name });
    }
    text.push(')');
}

/// `timer:(keepalive,119min,0)`: the time in no more units than count.
fn push_timer(text: &mut String, timer: Timer) {
    text.push_str(match timer.kind {
        TimerKind::Retransmit => "timer:(on,",
        TimerKind::KeepAlive => "timer:(keepalive,",
        TimerKind::TimeWait => "timer:(timewait,",
        TimerKind::WindowProbe => "timer:(persist,",
    });
    let ms = timer.expires_ms;
    let (minutes, seconds, rest) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
    if minutes > 0 {
        push(text, format_args!("{minutes}min"));
    }
    match (minutes, seconds, rest) {
        (10.., ..) | (_, 0, 0) | (1.., 0, _) => {}
        (1.., ..) | (_, 10.., _) | (_, _, 0) => push(text, format_args!("{seconds}sec")),
        (_, 0, _) => push(text, format_args!("{rest:03}ms")),
        _ => push(text, format_args!("{seconds}.{rest:03}ms")),
    }
    push(text, format_args!(",{})", timer.retransmits));
}

/// `skmem:(r0,rb131072,…)`: what a kernel does not tell is left out.
fn memory(tail: &mut Tail<'_>, details: &Details) {
    let Some(memory) = details.memory.filter(|_| tail.extras.memory) else { return };
    let Memory { rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops } =
        memory;
    let parts = [
        ("r", rmem_alloc),
        ("rb", rcvbuf),
        ("t", wmem_alloc),
        ("tb", sndbuf),
        ("f", fwd_alloc),
        ("w", wmem_queued),
        ("o", optmem),
        ("bl", backlog),
        ("d", drops),
    ];
    let text = tail.word();
    let mut gap = "skmem:(";
    for (name, number) in parts.into_iter().filter_map(|(name, number)| Some((name, number?))) {
        text.push_str(gap);
        text.push_str(name);
        push_number(text, number);
        gap = ",";
    }
    text.push(')');
}

fn unix(tail: &mut Tail<'_>, details: &Details) {
    memory(tail, details);
    if !tail.extras.extended {
        return;
    }
    shutdown(tail, details);
    let Some(UnixDetails { vfs, pending }) = details.unix.as_deref() else { return };
    if let Some((inode, device)) = vfs {
        // As stat(2) numbers it (`new_encode_dev`, `linux/kdev_t.h`).
        let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
        tail.fact(format_args!("ino:{inode} dev:{major}/{minor}"));
    }
    if let Some(pending) = pending {
        let text = tail.word();
        text.push_str("peers:");
        for inode in pending {
            push(text, format_args!(" {}", inode.get()));
        }
    }
}

fn packet(tail: &mut Tail<'_>, socket: &Socket, details: &Details) {
    let extras = tail.extras;
    if extras.extended {
        identity(tail, socket);
    }
    if let Some(packet) = &details.packet {
        if extras.extended {
            tail.begin_line();
            packet_options(tail, packet);
        }
        if let Some(filter) = packet.filter.as_deref().filter(|steps| extras.bpf && !steps.is_empty()) {
            tail.begin_line();
            packet_filter(tail.word(), filter);
        }
    }
    memory(tail, details);
}

/// `PDI_*` behind the first, which tells that it receives (`linux/packet_diag.h`).
const PACKET_FLAGS: &[(u32, &str)] =
    &[(1 << 1, " auxdata"), (1 << 2, " origdev"), (1 << 3, " vnethdr"), (1 << 4, " loss")];
/// `PACKET_FANOUT_*` (`linux/if_packet.h`).
const FANOUT: [&str; 8] = ["hash", "lb", "cpu", "roll", "random", "qm", "cbpf", "ebpf"];

fn packet_options(tail: &mut Tail<'_>, packet: &PacketDetails) {
    let PacketDetails { version, running, copy_threshold, flags, fanout, rx_ring, tx_ring, filter: _ } =
        packet;
    if let Some(version) = version {
        tail.number("ver", (*version).into());
    }
    if let Some(threshold) = copy_threshold {
        tail.number("cpy_thresh", (*threshold).into());
    }
    if let Some(flags) = flags {
        let text = tail.word();
        text.push_str("flags(");
        if *running {
            text.push_str(" running");
        }
        for (_, word) in PACKET_FLAGS.iter().filter(|(bit, _)| flags & bit != 0) {
            text.push_str(word);
        }
        text.push_str(if text.ends_with('(') { " 0 )" } else { " )" });
    }
    for (name, ring) in [("rx", rx_ring), ("tx", tx_ring)] {
        if let Some(Ring { block_size, blocks, frame_size, frames, retire_ms, features }) = ring {
            tail.fact(format_args!(
                "ring_{name}(blk_size:{block_size},blk_nr:{blocks},frm_size:{frame_size},frm_nr:{frames},\
                 tmo:{retire_ms},features:0x{features:x})"
            ));
        }
    }
    if let Some((id, mode)) = fanout {
        match FANOUT.get(usize::from(*mode)) {
            Some(word) => tail.fact(format_args!("fanout(id:{id},type:{word})")),
            None => tail.fact(format_args!("fanout(id:{id},type:0x{mode:x})")),
        }
    }
}

fn packet_filter(text: &mut String, steps: &[BpfInstruction]) {
    push(text, format_args!("bpf filter ({}): ", steps.len()));
    for BpfInstruction { code, jt, jf, k } in steps {
        push(text, format_args!(" 0x{code:02x} {jt} {jf} {k},"));
    }
}

/// How many groups `ss` shows, as bits.
const FIRST_GROUPS: u32 = 32;

fn netlink(tail: &mut Tail<'_>, details: &Details) {
    let groups = details.netlink.as_ref().and_then(|netlink| netlink.groups.as_deref());
    if let Some(groups) = groups.filter(|_| tail.extras.extended) {
        let bit = |group: &u32| group.checked_sub(1).and_then(|bit| 1u32.checked_shl(bit));
        let bits = groups.iter().filter_map(bit).fold(0, |bits, bit| bits | bit);
        tail.fact(format_args!("groups=0x{bits:08x}"));
        let mut more = groups.iter().filter(|group| **group > FIRST_GROUPS).peekable();
        if more.peek().is_some() {
            let text = tail.word();
            text.push_str("more_groups:");
            more.enumerate()
                .for_each(|(at, group)| push(text, format_args!("{}{group}", if at > 0 { "," } else { "" })));
        }
    }
    memory(tail, details);
}

/// What `ss` has no such facts of, or other ones.
fn other(tail: &mut Tail<'_>, socket: &Socket, details: &Details) {
    if tail.extras.extended {
        identity(tail, socket);
        if let Some(xdp) = &details.xdp {
            rings(tail, xdp);
        }
    }
    tail.begin_line();
    memory(tail, details);
}

fn rings(tail: &mut Tail<'_>, xdp: &XdpDetails) {
    for (name, entries) in [("rx", xdp.rx_entries), ("tx", xdp.tx_entries)] {
        if let Some(entries) = entries {
            tail.fact(format_args!("{name}(entries:{entries})"));
        }
    }
    if let Some((id, size)) = xdp.umem_id.zip(xdp.umem_bytes) {
        tail.fact(format_args!("umem(id:{id},size:{size})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_units_that_count() {
        for (expires_ms, text) in [
            (0, "timer:(on,,2)"),
            (20, "timer:(on,020ms,2)"),
            (200, "timer:(on,200ms,2)"),
            (1200, "timer:(on,1.200ms,2)"),
            (9000, "timer:(on,9sec,2)"),
            (12_345, "timer:(on,12sec,2)"),
            (60_500, "timer:(on,1min,2)"),
            (72_500, "timer:(on,1min12sec,2)"),
            (7_199_999, "timer:(on,119min,2)"),
        ] {
            let mut line = String::new();
            push_timer(&mut line, Timer { kind: TimerKind::Retransmit, expires_ms, retransmits: 2 });
            assert_eq!(line, text);
        }
    }
}
