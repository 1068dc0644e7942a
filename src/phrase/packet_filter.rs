//! What a classic BPF program of a packet socket asks packets for (bpf(4); `linux/filter.h`), in words. What is
//! compared says what is looked for, and not whether it is taken or left.

use std::net::Ipv4Addr;

use crate::model::BpfInstruction;
use crate::text::{self, push};

/// `BPF_CLASS`: what fills the accumulator, changes it, decides, and ends.
const CLASS: u16 = 0x07;
const LOAD: u16 = 0x00;
const ARITHMETIC: u16 = 0x04;
const JUMP: u16 = 0x05;
const RETURN: u16 = 0x06;
const MISCELLANEOUS: u16 = 0x07;
/// `BPF_MODE` and `BPF_SIZE` of a load.
const MODE_AND_SIZE: u16 = 0xf8;
const WORD: u16 = 0x20;
const HALF: u16 = 0x28;
const BYTE: u16 = 0x30;
/// Behind a header whose length is in X.
const INDIRECT_HALF: u16 = 0x48;
/// `BPF_OP | BPF_SRC` of a jump where a constant is equal, and of one in any case.
const EQUAL: u16 = 0x10;
const ALWAYS: u16 = 0x00;
/// `SKF_AD_OFF`: from here on it is not the packet that is read.
const ANCILLARY: u32 = 0xffff_f000;
/// As many are told.
const SHOWN: usize = 8;

/// What stands in the accumulator before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loaded {
    /// No way leads to the step, as far as was looked.
    Nothing,
    /// How, and from where.
    From(u16, u32),
    /// It was computed, or depends on the way.
    Unclear,
}

/// What it asks for: `27 instructions, which ask for IPv4, IP protocol udp, destination port 53`.
#[must_use]
pub fn packet_filter(steps: &[BpfInstruction]) -> String {
    let mut asked: Vec<String> = Vec::new();
    // Jumps lead forward alone (`bpf_check_classic`), so one pass knows all ways to a step before it.
    let mut before = vec![Loaded::Nothing; steps.len()];
    before.iter_mut().take(1).for_each(|first| *first = Loaded::Unclear);
    for (at, step) in steps.iter().enumerate() {
        let loaded = before[at];
        let mut leads = |to: u32, loaded: Loaded| {
            let place = usize::try_from(to).ok().and_then(|to| before.get_mut(at + 1 + to));
            if let Some(place) = place {
                *place = if *place == Loaded::Nothing || *place == loaded { loaded } else { Loaded::Unclear };
            }
        };
        match step.code & CLASS {
            LOAD => leads(0, Loaded::From(step.code & MODE_AND_SIZE, step.k)),
            JUMP if step.code & !CLASS == ALWAYS => leads(step.k, loaded),
            JUMP => {
                leads(step.jt.into(), loaded);
                leads(step.jf.into(), loaded);
                let what = (step.code & !CLASS == EQUAL).then(|| question(loaded, step.k));
                asked.extend(what.filter(|what| !asked.contains(what)));
            }
            RETURN => {}
            ARITHMETIC | MISCELLANEOUS => leads(0, Loaded::Unclear),
            _ => leads(0, loaded),
        }
    }
    let mut told = text::counted(steps.len(), "instruction", "instructions");
    told.push_str(if asked.is_empty() { ", which ask for nothing by its value" } else { ", which ask for " });
    told.push_str(&asked[..asked.len().min(SHOWN)].join(", "));
    if let Some(more @ 1..) = asked.len().checked_sub(SHOWN) {
        push(&mut told, format_args!(" and {more} more"));
    }
    told
}

/// What is compared, where a frame of Ethernet has it, or a packet without that header.
fn question(loaded: Loaded, value: u32) -> String {
    let Loaded::From(load, at) = loaded else { return format!("{value:#x} somewhere") };
    match (load, at) {
        (HALF, 12) => match value {
            0x0800 => "IPv4".to_owned(),
            0x0806 => "ARP".to_owned(),
            0x86dd => "IPv6".to_owned(),
            other => format!("ethertype {other:#06x}"),
        },
        (BYTE, 23 | 9) => format!("IP protocol {}", protocol(value)),
        (BYTE, 20 | 6) => format!("IPv6 protocol {}", protocol(value)),
        (INDIRECT_HALF, 14 | 0) | (HALF, 54) => format!("source port {value}"),
        (INDIRECT_HALF, 16 | 2) | (HALF, 56) => format!("destination port {value}"),
        (WORD, 26 | 12) => format!("source address {}", Ipv4Addr::from(value)),
        (WORD, 30 | 16) => format!("destination address {}", Ipv4Addr::from(value)),
        (_, ANCILLARY..) => format!("{value:#x} in what the kernel knows of it"),
        _ => format!("{value:#x} at byte {at}"),
    }
}

fn protocol(number: u32) -> String {
    let word = match number {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        58 => "icmpv6",
        132 => "sctp",
        other => return other.to_string(),
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `tcpdump -ddd` prints them.
    fn steps(text: &str) -> Vec<BpfInstruction> {
        let step = |line: &str| {
            let numbers: Vec<u32> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            let [code, jt, jf, k] = numbers[..] else { panic!("{line}") };
            BpfInstruction {
                code: code.try_into().unwrap(),
                jt: jt.try_into().unwrap(),
                jf: jf.try_into().unwrap(),
                k,
            }
        };
        text.split(", ").map(step).collect()
    }

    #[test]
    fn what_is_looked_for_is_told_once_each() {
        // tcpdump -ddd udp dst port 53 or arp
        let dns = "40 0 0 12, 21 13 0 2054, 21 0 4 34525, 48 0 0 20, 21 0 11 17, 40 0 0 56, 21 8 9 53, 21 0 8 2048, \
                   48 0 0 23, 21 0 6 17, 40 0 0 20, 69 4 0 8191, 177 0 0 14, 72 0 0 16, 21 0 1 53, 6 0 0 262144, 6 0 0 0";
        assert_eq!(
            packet_filter(&steps(dns)),
            "17 instructions, which ask for ARP, IPv6, IPv6 protocol udp, destination port 53, IPv4, IP protocol udp"
        );
        // A backdoor's magic number at the front of what UDP carries.
        let magic = "48 0 0 23, 21 0 3 17, 72 0 0 22, 21 0 1 29269, 6 0 0 65535, 6 0 0 0";
        assert_eq!(
            packet_filter(&steps(magic)),
            "6 instructions, which ask for IP protocol udp, 0x7255 at byte 22"
        );
        let address = "32 0 0 26, 21 0 1 3232235777, 6 0 0 65535, 40 0 0 4294963200, 21 0 1 2048";
        assert_eq!(
            packet_filter(&steps(address)),
            "5 instructions, which ask for source address 192.168.1.1, 0x800 in what the kernel knows of it"
        );
        let either = "40 0 0 12, 21 1 0 2048, 48 0 0 23, 21 0 1 17, 6 0 0 65535, 6 0 0 0";
        assert_eq!(packet_filter(&steps(either)), "6 instructions, which ask for IPv4, 0x11 somewhere");
        assert_eq!(packet_filter(&steps("6 0 0 0")), "1 instruction, which ask for nothing by its value");
        let many: Vec<_> = (0..10).map(|port| format!("40 0 0 56, 21 0 1 {port}")).collect();
        assert!(packet_filter(&steps(&many.join(", "))).ends_with("destination port 7 and 2 more"));
    }
}
