//! Sockets with what few have: a ring and a filter, keys, several addresses, connections of rare families.

use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io;
use rustix::net::{accept, connect, listen};
use serde_json::{Value, json};

use super::cases::{Case, DCCP, INET, Opened, PACKET, RAW, SCTP, SMC, STREAM, case, loopback};
use super::expect::Expected;
use super::raw::{self, Bytes};
use super::rdma::smc_over_rdma;

pub(crate) const PARTICULAR: &[Case] = &[
    case("packet, with a ring, a filter and others", Some("af_packet_diag"), false, packet_ring),
    case("sctp, with two addresses", Some("sctp_diag"), true, sctp_at_two_addresses),
    case("dccp, connected", Some("dccp_diag"), false, || {
        connected((INET, DCCP, 33), (7011, 7111), |end| end.is("inet", "dccp", "established"))
    }),
    case("dccp, closed by the caller", Some("dccp_diag"), false, || dccp_closed((7017, 7117), true)),
    case("dccp, that the caller is asked to close", Some("dccp_diag"), false, || {
        dccp_closed((7018, 7118), false)
    }),
    case("smc, connected by tcp", Some("smc_diag"), false, || {
        connected((SMC, STREAM, 0), (7012, 7112), |end| {
            // What their descriptors lead to is the socket of TCP now, and so is the cookie that they tell.
            end.by_inode().is("smc", "smc", "established").has("/smc/mode", "tcp")
        })
    }),
    case("smc, connected by rdma", Some("smc_diag"), false, smc_over_rdma),
    case("tcp, with the kernel's tls", Some("tcp_diag"), false, kernel_tls),
];

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// `linux/if_packet.h`, `linux/filter.h`
fn packet_ring() -> io::Result<Opened> {
    const SOL_PACKET: i32 = 263;
    const RX_RING: i32 = 5;
    const VERSION: i32 = 10;
    const FANOUT: i32 = 18;
    const THIRD: u32 = 2; // TPACKET_V3
    const BY_CPU: u32 = 2;
    const ETH_P_IP: u16 = 0x0800;
    const LO: u32 = 1;
    let socket = raw::open(PACKET, RAW, 0)?;
    raw::set(&socket, SOL_PACKET, VERSION, &words(&[THIRD]))?;
    raw::set(&socket, SOL_PACKET, RX_RING, &words(&[4096, 8, 2048, 16, 60, 0, 0]))?;
    attach_filter(&socket)?;
    let address = Bytes::new(PACKET, &[&ETH_P_IP.to_be_bytes(), &LO.to_ne_bytes(), &[0; 12]]);
    rustix::net::bind(&socket, &address)?;
    raw::set(&socket, SOL_PACKET, FANOUT, &words(&[7 | BY_CPU << 16]))?;
    let expected = Expected::of(&socket).is("packet", "packet", "unconnected").has("interface", "lo");
    let expected = [
        ("/packet/version", json!(THIRD)),
        ("/packet/running", json!(true)),
        ("/packet/fanout_id", json!(7)),
        ("/packet/fanout_mode", json!(BY_CPU)),
        ("/packet/rx_ring_blocks", json!(8)),
        ("/packet/rx_ring_block_bytes", json!(4096)),
        ("/packet/rx_ring_frames", json!(16)),
        ("/packet/rx_ring_frame_bytes", json!(2048)),
        ("/packet/rx_ring_retire_ms", json!(60)),
        ("/packet/tx_ring_blocks", Value::Null),
        ("/packet/filter", json!(["0x28 0 0 12", "0x06 0 0 65535"])),
    ]
    .into_iter()
    .fold(expected, |expected, (place, value)| expected.has(place, value));
    Ok(Opened { expected: vec![expected], kept: vec![Box::new(socket)] })
}

/// Loads the type of each frame, and lets all pass.
fn attach_filter(socket: &OwnedFd) -> io::Result<()> {
    const SOL_SOCKET: i32 = 1;
    const ATTACH_FILTER: i32 = 26;
    let instructions = [(0x28u16, 12u32), (0x06, 0xffff)];
    let program: Vec<u8> = instructions
        .iter()
        .flat_map(|(code, k)| [&code.to_ne_bytes()[..], &[0, 0], &k.to_ne_bytes()].concat())
        .collect();
    // struct sock_fprog: how many instructions, and where they are.
    let place = program.as_ptr().expose_provenance() as u64;
    let filter = [&2u16.to_ne_bytes()[..], &[0; 6], &place.to_ne_bytes()].concat();
    raw::set(socket, SOL_SOCKET, ATTACH_FILTER, &filter)
}

/// A listener with two addresses, and a connection to it: either end knows both.
fn sctp_at_two_addresses() -> io::Result<Opened> {
    const BINDX_ADD: i32 = 100;
    const ADDRESSES: [&str; 2] = ["127.0.0.1", "127.0.0.2"];
    let second = [&INET.to_ne_bytes()[..], &7013u16.to_be_bytes(), &[127, 0, 0, 2], &[0; 8]].concat();
    let listener = raw::bound(INET, STREAM, SCTP, &loopback(INET, 7013))?;
    raw::set(&listener, i32::try_from(SCTP).unwrap(), BINDX_ADD, &second)?;
    listen(&listener, 8)?;
    let client = raw::bound(INET, STREAM, SCTP, &loopback(INET, 7113))?;
    connect(&client, &loopback(INET, 7013))?;
    let server = accept(&listener)?;
    let expected = vec![
        Expected::of(&listener)
            .is("inet", "sctp", "listen")
            .local("127.0.0.1", 7013)
            .has("local_addresses", ADDRESSES.to_vec()),
        Expected::of(&client)
            .is("inet", "sctp", "established")
            .local("127.0.0.1", 7113)
            .remote("127.0.0.1", 7013)
            .has("remote_addresses", ADDRESSES.to_vec()),
        Expected::of(&server)
            .is("inet", "sctp", "established")
            .remote("127.0.0.1", 7113)
            .has("local_addresses", ADDRESSES.to_vec()),
    ];
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(client), Box::new(server)] })
}

/// A listener of a family with the addresses of IP, and a connection to it.
pub(crate) fn connected(
    (family, kind, protocol): (u16, u32, u32),
    (port, from): (u16, u16),
    is: fn(Expected) -> Expected,
) -> io::Result<Opened> {
    let listener = raw::bound(family, kind, protocol, &loopback(INET, port))?;
    listen(&listener, 8)?;
    let client = raw::bound(family, kind, protocol, &loopback(INET, from))?;
    connect(&client, &loopback(INET, port))?;
    let server = accept(&listener)?;
    let [port, from] = [port, from].map(u32::from);
    let expected = vec![
        Expected::of(&listener).has("state", "listen").local("127.0.0.1", port),
        is(Expected::of(&client)).local("127.0.0.1", from).remote("127.0.0.1", port),
        is(Expected::of(&server)).local("127.0.0.1", port).remote("127.0.0.1", from),
    ];
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(client), Box::new(server)] })
}

/// What waits to be closed, because the other end is: `DCCP_PASSIVE_CLOSE` of who was called, and of a caller
/// `DCCP_PASSIVE_CLOSEREQ`, whose number depends on the kernel.
fn dccp_closed((port, from): (u16, u16), by_caller: bool) -> io::Result<Opened> {
    let listener = raw::bound(INET, DCCP, 33, &loopback(INET, port))?;
    listen(&listener, 8)?;
    let client = raw::bound(INET, DCCP, 33, &loopback(INET, from))?;
    connect(&client, &loopback(INET, port))?;
    let server = accept(&listener)?;
    let (left, gone, local, remote) =
        if by_caller { (server, client, port, from) } else { (client, server, from, port) };
    drop(gone);
    // It hears of that, and would be closed itself by reading it.
    poll(&mut [PollFd::new(&left, PollFlags::IN)], None)?;
    let expected = vec![
        Expected::of(&listener).is("inet", "dccp", "listen").local("127.0.0.1", port.into()),
        Expected::of(&left)
            .is("inet", "dccp", "close-wait")
            .local("127.0.0.1", local.into())
            .remote("127.0.0.1", remote.into()),
    ];
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(left)] })
}

/// The kernel encrypts what is sent, and decrypts nothing (`linux/tls.h`).
fn kernel_tls() -> io::Result<Opened> {
    const IPPROTO_TCP: i32 = 6;
    const ULP: i32 = 31;
    const SOL_TLS: i32 = 282;
    const TX: i32 = 1;
    const VERSION_1_2: u16 = 0x0303;
    const AES_GCM_128: u16 = 51;
    let errno = |error: std::io::Error| io::Errno::from_io_error(&error).unwrap();
    let listener = TcpListener::bind(loopback(INET, 7014)).map_err(errno)?;
    let client = TcpStream::connect(loopback(INET, 7014)).map_err(errno)?;
    let (server, _) = listener.accept().map_err(errno)?;
    raw::set(&client, IPPROTO_TCP, ULP, b"tls\0")?;
    // struct tls12_crypto_info_aes_gcm_128: vector, key, salt and sequence behind version and cipher.
    let keys = [&VERSION_1_2.to_ne_bytes()[..], &AES_GCM_128.to_ne_bytes(), &[7; 8 + 16 + 4 + 8]].concat();
    raw::set(&client, SOL_TLS, TX, &keys)?;
    let expected = Expected::of(&client).is("inet", "tcp", "established").has("remote_port", 7014);
    let expected = [
        ("ulp", json!("tls")),
        ("/tls/version", json!("1.2")),
        ("/tls/cipher", json!(AES_GCM_128)),
        ("/tls/tx", json!("software")),
        ("/tls/zero_copy", json!(false)),
    ]
    .into_iter()
    .fold(expected, |expected, (place, value)| expected.has(place, value));
    Ok(Opened {
        expected: vec![expected],
        kept: vec![Box::new(listener), Box::new(client), Box::new(server)],
    })
}
