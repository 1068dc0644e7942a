//! The attributes of an `inet_diag` reply (`linux/inet_diag.h`): `tcp_info`, congestion control,
//! memory, options, TLS, MPTCP, MD5, BPF storages, cgroup. Whatever is not understood is left out:
//! an attribute in an odd shape spoils itself, not its socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{WireError, netlink, number, number_at};
use crate::model::{
    Ask, BpfStorage, CgroupId, Congestion, CongestionState, Counters, Details, Md5Key, Memory, MptcpDetails,
    Options, Protocol, Shutdown, Subflow, TcpInfo, Tls,
};

const INFO: u16 = 2;
const VEGASINFO: u16 = 3;
const CONG: u16 = 4;
const TOS: u16 = 5;
const TCLASS: u16 = 6;
const SKMEMINFO: u16 = 7;
const SHUTDOWN: u16 = 8;
const DCTCPINFO: u16 = 9;
pub(super) const PROTOCOL: u16 = 10;
const SKV6ONLY: u16 = 11;
const LOCALS: u16 = 12;
const PEERS: u16 = 13;
const MARK: u16 = 15;
const BBRINFO: u16 = 16;
const CLASS_ID: u16 = 17;
const MD5SIG: u16 = 18;
const ULP_INFO: u16 = 19;
const SK_BPF_STORAGES: u16 = 20;
const CGROUP_ID: u16 = 21;
const SOCKOPT: u16 = 22;

/// The extension mask of a request: bit n asks for attribute n + 1. Mark, cgroup, options, MD5 and
/// ULP come unasked.
pub(super) fn extensions(ask: Ask) -> u8 {
    let bit = |wanted: bool, attributes: &[u16]| {
        attributes.iter().fold(0, |mask, attribute| mask | u8::from(wanted) << (attribute - 1))
    };
    bit(ask.counts_bytes(), &[INFO])
        | bit(ask.info, &[VEGASINFO, CONG])
        | bit(ask.memory, &[SKMEMINFO])
        | bit(ask.rest, &[TOS, TCLASS, SHUTDOWN])
}

/// What the attributes say.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) v6only: Option<bool>,
    pub(super) details: Details,
}

/// Reads all attributes; where no details are wanted, those that say what kind of socket it is. The error is a
/// length that does not fit: nothing behind it can be found.
pub(super) fn read(attributes: &[u8], protocol: Protocol, details: bool) -> Result<Told, WireError> {
    let mut told = Told::default();
    for attribute in netlink::attributes(attributes) {
        let (kind, payload) = attribute?;
        match kind {
            _ if !details && !matches!(kind, SKV6ONLY | LOCALS | PEERS) => {}
            INFO => told.take_info(payload, protocol),
            _ => told.take(kind, payload),
        }
    }
    Ok(told)
}

/// The bytes that went through a TCP connection, by its attributes.
pub(super) fn counters(attributes: &[u8]) -> Option<Counters> {
    let mut told = netlink::attributes(attributes).flatten();
    told.find(|(kind, _)| *kind == INFO).and_then(|(_, info)| Counters::of(info))
}

impl Told {
    /// `INET_DIAG_INFO` holds the struct of the protocol, whichever that is.
    fn take_info(&mut self, payload: &[u8], protocol: Protocol) {
        match protocol {
            Protocol::Tcp | Protocol::Dccp if !payload.is_empty() => {
                self.details.tcp_info = Some(TcpInfo::from(payload));
            }
            Protocol::Mptcp => {
                let at = |offset: usize| payload.get(offset..).and_then(number);
                self.details.mptcp =
                    Some(Box::new(MptcpDetails { flags: at(8), token: at(12), subflows: Vec::new() }));
            }
            _ => {}
        }
    }

    fn take(&mut self, kind: u16, payload: &[u8]) {
        let details = &mut self.details;
        match kind {
            SKV6ONLY => self.v6only = payload.first().map(|flag| *flag != 0),
            SKMEMINFO => details.memory = Some(memory(payload)),
            TOS => details.tos = payload.first().copied(),
            TCLASS => details.tclass = payload.first().copied(),
            SHUTDOWN => details.shutdown = payload.first().map(|bits| Shutdown::from_bits(*bits)),
            PROTOCOL => details.ip_protocol = payload.first().copied(),
            MARK => details.mark = number(payload),
            CLASS_ID => details.class_id = number(payload),
            CGROUP_ID => {
                details.cgroup = payload.first_chunk().copied().map(u64::from_ne_bytes).map(CgroupId);
            }
            SOCKOPT => details.options = payload.first_chunk().copied().map(u16::from_le_bytes).map(Options),
            MD5SIG => details.md5_keys = Some(payload.as_chunks().0.iter().filter_map(md5_key).collect()),
            LOCALS => details.locals = Some(socket_addresses(payload)),
            PEERS => details.peers = Some(socket_addresses(payload)),
            SK_BPF_STORAGES => details.bpf_storages = Some(bpf_storages(payload)),
            ULP_INFO => upper_layer(details, payload),
            CONG | VEGASINFO | DCTCPINFO | BBRINFO => congestion(&mut details.congestion, kind, payload),
            _ => {}
        }
    }
}

/// `SK_MEMINFO_*`: as many numbers as the kernel has.
pub(super) fn memory(payload: &[u8]) -> Memory {
    let at = |index: usize| number_at(payload, index);
    Memory {
        rmem_alloc: at(0),
        rcvbuf: at(1),
        wmem_alloc: at(2),
        sndbuf: at(3),
        fwd_alloc: at(4),
        wmem_queued: at(5),
        optmem: at(6),
        backlog: at(7),
        drops: at(8),
    }
}

fn congestion(known: &mut Option<Congestion>, kind: u16, payload: &[u8]) {
    let known = known.get_or_insert_with(|| Congestion { name: "".into(), state: CongestionState::Untold });
    let at = |index: usize| number_at(payload, index);
    let half = |index: usize| payload.get(index * 2..)?.first_chunk().copied().map(u16::from_ne_bytes);
    let state = match kind {
        CONG => {
            known.name = text(payload).into();
            return;
        }
        VEGASINFO => at(3).zip(at(0)).map(|(min_rtt_us, enabled)| CongestionState::Vegas {
            enabled: enabled != 0,
            rtt_count: at(1).unwrap_or_default(),
            rtt_us: at(2).unwrap_or_default(),
            min_rtt_us,
        }),
        DCTCPINFO => at(3).zip(half(0)).map(|(ab_tot, enabled)| CongestionState::Dctcp {
            enabled: enabled != 0,
            ce_state: half(1).unwrap_or_default(),
            alpha: at(1).unwrap_or_default(),
            ab_ecn: at(2).unwrap_or_default(),
            ab_tot,
        }),
        _ => at(4).zip(at(0).zip(at(1))).map(|(cwnd_gain, (low, high))| CongestionState::Bbr {
            bandwidth_bytes_per_second: u64::from(high) << 32 | u64::from(low),
            min_rtt_us: at(2).unwrap_or_default(),
            pacing_gain: at(3).unwrap_or_default(),
            cwnd_gain,
        }),
    };
    known.state = state.unwrap_or(known.state);
}

/// A C string that may lack its NUL.
fn text(payload: &[u8]) -> &[u8] {
    payload.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// `INET_ULP_INFO_NAME`, `_TLS`, `_MPTCP`, nested.
fn upper_layer(details: &mut Details, payload: &[u8]) {
    for (kind, payload) in netlink::attributes(payload).flatten() {
        match kind {
            1 => details.ulp = Some(text(payload).into()),
            2 => details.tls = Some(tls(payload)),
            3 => details.subflow = Some(Box::new(subflow(payload))),
            _ => {}
        }
    }
}

/// `TLS_INFO_*` (`linux/tls.h`).
fn tls(payload: &[u8]) -> Tls {
    let mut tls = Tls::default();
    for (kind, payload) in netlink::attributes(payload).flatten() {
        let half = payload.first_chunk().copied().map(u16::from_ne_bytes);
        match kind {
            1 => tls.version = half,
            2 => tls.cipher = half,
            3 => tls.tx_mode = half,
            4 => tls.rx_mode = half,
            5 => tls.zero_copy = true,
            6 => tls.no_pad = true,
            _ => {}
        }
    }
    tls
}

/// `MPTCP_SUBFLOW_ATTR_*` (`linux/mptcp.h`).
fn subflow(payload: &[u8]) -> Subflow {
    let mut subflow = Subflow::default();
    for (kind, payload) in netlink::attributes(payload).flatten() {
        match kind {
            1 => subflow.token_remote = number(payload),
            2 => subflow.token_local = number(payload),
            8 => subflow.flags = number(payload),
            9 => subflow.id_remote = payload.first().copied(),
            10 => subflow.id_local = payload.first().copied(),
            _ => {}
        }
    }
    subflow
}

/// `struct tcp_diag_md5sig`, 100 bytes: family, prefix, key length, address, key. The key stays
/// where it is.
fn md5_key(raw: &[u8; 100]) -> Option<Md5Key> {
    let addr: IpAddr = match raw[0] {
        2 => Ipv4Addr::from(*raw[4..].first_chunk::<4>()?).into(),
        10 => Ipv6Addr::from(*raw[4..].first_chunk::<16>()?).into(),
        _ => return None,
    };
    Some(Md5Key { addr, prefix: raw[1] })
}

/// An array of `struct sockaddr_storage`, 128 bytes each (`net/sctp/diag.c`).
fn socket_addresses(payload: &[u8]) -> Vec<IpAddr> {
    let (storages, _) = payload.as_chunks::<128>();
    let address = |raw: &[u8; 128]| -> Option<IpAddr> {
        match u16::from_ne_bytes([raw[0], raw[1]]) {
            2 => Some(Ipv4Addr::from(*raw[4..].first_chunk::<4>()?).into()),
            10 => Some(Ipv6Addr::from(*raw[8..].first_chunk::<16>()?).into()),
            _ => None,
        }
    };
    storages.iter().filter_map(address).collect()
}

/// `SK_DIAG_BPF_STORAGE` entries, each with its map's id and value (`linux/sock_diag.h`).
fn bpf_storages(payload: &[u8]) -> Vec<BpfStorage> {
    let storage = |payload| {
        let mut storage = BpfStorage { map: 0, bytes: 0 };
        for (kind, payload) in netlink::attributes(payload).flatten() {
            match kind {
                2 => storage.map = number(payload).unwrap_or_default(),
                3 => storage.bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX),
                _ => {}
            }
        }
        storage
    };
    netlink::attributes(payload)
        .flatten()
        .filter(|(kind, _)| *kind == 1)
        .map(|(_, payload)| storage(payload))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        netlink::push_attribute(&mut bytes, kind, payload);
        bytes
    }

    fn details(kind: u16, payload: &[u8]) -> Details {
        read(&attribute(kind, payload), Protocol::Tcp, true).unwrap().details
    }

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    #[test]
    fn extensions_are_asked_for_by_need() {
        assert_eq!(extensions(Ask::NOTHING), 0);
        assert_eq!(extensions(Ask { memory: true, ..Ask::NOTHING }), 1 << 6);
        assert_eq!(extensions(Ask { rates: true, ..Ask::NOTHING }), 1 << 1);
        assert_eq!(extensions(Ask::EVERYTHING), 0b1111_1110);
    }

    #[test]
    fn numbers_of_every_size() {
        assert_eq!(details(TOS, &[0x10]).tos, Some(0x10));
        assert_eq!(details(MARK, &words(&[7])).mark, Some(7));
        assert_eq!(details(CGROUP_ID, &(1u64 << 40).to_ne_bytes()).cgroup, Some(CgroupId(1 << 40)));
        assert_eq!(details(SHUTDOWN, &[2]).shutdown, Some(Shutdown::Send));
        let options = details(SOCKOPT, &[0b0010_0100, 0b100]).options.unwrap();
        assert_eq!(options.names().collect::<Vec<_>>(), ["freebind", "transparent", "defer_connect"]);
    }

    #[test]
    fn memory_of_an_old_kernel_lacks_its_drops() {
        let memory = details(SKMEMINFO, &words(&[1, 2, 3, 4, 5, 6, 7, 8])).memory.unwrap();
        assert_eq!((memory.rmem_alloc, memory.backlog, memory.drops), (Some(1), Some(8), None));
    }

    #[test]
    fn congestion_control_by_name_and_state_in_any_order() {
        let bbr = attribute(BBRINFO, &words(&[5, 1, 200, 739, 512]));
        let name = attribute(CONG, b"bbr\0");
        for bytes in [[bbr.clone(), name.clone()].concat(), [name, bbr].concat()] {
            let congestion = read(&bytes, Protocol::Tcp, true).unwrap().details.congestion.unwrap();
            assert_eq!(congestion.name.as_bytes(), b"bbr");
            assert_eq!(
                congestion.state,
                CongestionState::Bbr {
                    bandwidth_bytes_per_second: (1 << 32) + 5,
                    min_rtt_us: 200,
                    pacing_gain: 739,
                    cwnd_gain: 512
                }
            );
        }
        let dctcp = details(DCTCPINFO, &[1, 0, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0]);
        let state = dctcp.congestion.unwrap().state;
        assert_eq!(
            state,
            CongestionState::Dctcp { enabled: true, ce_state: 2, alpha: 3, ab_ecn: 4, ab_tot: 5 }
        );
        assert_eq!(
            details(VEGASINFO, &words(&[1])).congestion.unwrap().state,
            CongestionState::Untold,
            "cut short"
        );
    }

    #[test]
    fn info_is_the_struct_of_its_protocol() {
        let raw = attribute(INFO, &[[0; 8], 5u64.to_ne_bytes()].concat());
        let info = |protocol| read(&raw, protocol, true).unwrap().details;
        assert!(info(Protocol::Tcp).tcp_info.is_some());
        assert_eq!(info(Protocol::Sctp), Details::default());
        let mptcp = info(Protocol::Mptcp).mptcp.unwrap();
        assert_eq!((mptcp.flags, mptcp.token), (Some(5), Some(0)));
    }

    #[test]
    fn kernel_tls_and_subflows() {
        let tls = [attribute(1, &[4, 3]), attribute(2, &[52, 0]), attribute(3, &[2, 0]), attribute(5, &[])]
            .concat();
        let nested = [attribute(1, b"tls\0"), attribute(2, &tls)].concat();
        let told = details(ULP_INFO, &nested);
        assert_eq!(told.ulp.unwrap().as_bytes(), b"tls");
        let told = told.tls.unwrap();
        assert_eq!(
            (told.version, told.cipher, told.tx_mode, told.rx_mode, told.zero_copy),
            (Some(0x0304), Some(52), Some(2), None, true)
        );
        let flow = attribute(3, &[attribute(2, &words(&[9])), attribute(10, &[3])].concat());
        let subflow = details(ULP_INFO, &flow).subflow.unwrap();
        assert_eq!((subflow.token_local, subflow.id_local, subflow.token_remote), (Some(9), Some(3), None));
    }

    #[test]
    fn md5_keys_keep_their_address_and_lose_their_key() {
        let mut raw = [0; 100];
        raw[..8].copy_from_slice(&[2, 24, 3, 0, 10, 0, 0, 1]);
        raw[20..23].copy_from_slice(b"key");
        let keys = details(MD5SIG, &raw).md5_keys.unwrap();
        assert_eq!(keys, [Md5Key { addr: Ipv4Addr::new(10, 0, 0, 1).into(), prefix: 24 }]);
    }

    #[test]
    fn multihomed_addresses() {
        let mut raw = [0; 256];
        raw[..8].copy_from_slice(&[2, 0, 0, 80, 127, 0, 0, 1]);
        raw[128] = 10;
        raw[128 + 23] = 1;
        assert_eq!(
            details(LOCALS, &raw).locals.unwrap(),
            [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(kind in 0u16..30, payload: Vec<u8>) {
            let _told = read(&payload, Protocol::Tcp, true);
            let nested = attribute(kind, &payload);
            proptest::prop_assert!(read(&nested, Protocol::Mptcp, true).is_ok());
            let _counted = counters(&payload);
        }
    }
}
