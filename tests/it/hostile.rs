//! Names chosen by an enemy: nothing of them reaches the terminal as it is, and nothing is lost.
//!
//! A real process with a hostile executable, name and arguments, and real Unix sockets, seen
//! through every face of the program.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::document::unhex;
use crate::harness::{Holder, assert_harmless, document, eventually, run, sockeye};
use crate::stock::{cookie, inode, write_file};

/// Escapes, a forged line, an overwritten line, C1 raw and in UTF-8, bidi, zero width, no UTF-8.
const ATTACKS: [&[u8]; 10] = [
    b"\x1b[2J\x1b]0;root\x07",
    b"\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    b"a\nLISTEN 0 128 0.0.0.0:22",
    b"evil\rgood\t\x08",
    b"\x9b31mred",
    "\u{9b}31mred".as_bytes(),
    "\u{202e}txt.exe\u{2066}".as_bytes(),
    "ss\u{200b}hd\u{feff}".as_bytes(),
    b"\xff\xfe\xc3(",
    br"\x1b \u{202e} @",
];

/// What the process calls itself; 15 bytes are the most.
const COMM: &[u8] = b"x\x1b[2J\n\x9b)(\xff \\y";

/// A shell that runs from a file with a hostile name, renames itself, has hostile arguments and
/// holds a socket.
pub(crate) struct Villain {
    holder: Holder,
    exe: PathBuf,
    inode: u64,
    pub(crate) port: u16,
}

impl Villain {
    pub(crate) fn start(dir: &Path) -> Self {
        let exe = dir.join(OsStr::from_bytes(b"sh\x1b[31m\xe2\x80\xae\n\xff"));
        fs::copy(fs::canonicalize("/bin/sh").unwrap(), &exe).unwrap();
        let octal: Vec<String> = COMM.iter().map(|byte| format!("\\{byte:03o}")).collect();
        let script = format!("printf '{}' >/proc/$$/comm; read wait", octal.concat());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (inode, port) = (inode(&listener), listener.local_addr().unwrap().port());
        let mut command = Command::new(&exe);
        // A shell that is part of a larger program goes by its first argument.
        command.arg0("sh").arg("-c").arg(script).args(ATTACKS.map(OsStr::from_bytes));
        let holder = Holder::spawn(command.stdout(OwnedFd::from(listener)).stderr(Stdio::null()));
        eventually(|| {
            let comm = fs::read(format!("/proc/{}/comm", holder.pid())).unwrap();
            let renamed = comm.strip_suffix(b"\n") == Some(COMM);
            renamed.then_some(()).ok_or_else(|| comm.escape_ascii().to_string())
        });
        Self { holder, exe, inode, port }
    }
}

fn listen(name: &SocketAddrUnix) -> OwnedFd {
    let fd = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&fd, name).unwrap();
    net::listen(&fd, 1).unwrap();
    fd
}

/// Unix listeners with hostile names, and the names as the kernel holds them.
fn hostile_sockets(dir: &Path) -> Vec<(OwnedFd, Vec<u8>)> {
    let mut sockets = Vec::new();
    for attack in ATTACKS {
        // A slash would begin a directory.
        let name: Vec<u8> = attack.iter().map(|byte| if *byte == b'/' { b'_' } else { *byte }).collect();
        let path = dir.join(OsStr::from_bytes(&name));
        sockets.push((listen(&SocketAddrUnix::new(&path).unwrap()), path.as_os_str().as_bytes().to_vec()));
    }
    for attack in [&b"a\0b\0"[..], b"\n\x1b[2J", b"\xff"] {
        let name = [dir.as_os_str().as_bytes(), attack].concat();
        sockets
            .push((listen(&SocketAddrUnix::new_abstract_name(&name).unwrap()), [b"\0", &name[..]].concat()));
    }
    sockets
}

#[test]
fn the_bytes_of_a_process_come_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let villain = Villain::start(dir.path());
    for source in ["netlink", "procfs"] {
        let told = document(&["--json", "--source", source]);
        let owners = told.by_inode(villain.inode).unwrap().owners.as_ref().unwrap();
        let owner = owners.iter().find(|owner| owner.pid == villain.holder.pid()).unwrap();
        assert_eq!(unhex(owner.comm_hex.as_ref().unwrap()), COMM);
        assert_eq!(owner.comm, r"x\x1b[2J\n\x9b)(\xff \\y");
        assert_eq!(unhex(owner.exe_hex.as_ref().unwrap()), villain.exe.as_os_str().as_bytes());
        assert!(owner.exe.as_ref().unwrap().ends_with(r"sh\x1b[31m\u{202e}\n\xff"), "{:?}", owner.exe);
        let arguments: Vec<_> = owner.cmdline_hex.as_ref().unwrap().iter().map(|hex| unhex(hex)).collect();
        assert_eq!(arguments[3..], ATTACKS.map(<[u8]>::to_vec));
        assert_eq!(owner.cmdline.as_ref().unwrap().len(), arguments.len());
    }
}

#[test]
fn the_bytes_of_a_unix_name_come_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let sockets = hostile_sockets(dir.path());
    let told = document(&["--json"]);
    for (fd, name) in &sockets {
        let socket = told.by_cookie(cookie(fd)).unwrap();
        assert_eq!(&unhex(socket.path_hex.as_ref().unwrap()), name, "{:?}", socket.path);
        assert_eq!(socket.path.as_ref().unwrap().starts_with('@'), name[0] == 0);
    }
}

#[test]
fn no_face_lets_a_control_or_a_bidi_character_through() {
    let dir = tempfile::tempdir().unwrap();
    let villain = Villain::start(dir.path());
    let _sockets = hostile_sockets(dir.path());
    let policy = dir.path().join("policy.toml");
    write_file(&policy, "version = 1\n");
    let policy = policy.to_str().unwrap();
    let pid = villain.holder.pid().to_string();
    let names = dir.path().file_name().unwrap().to_str().unwrap();
    let at = &*format!(":{}", villain.port);
    for (args, shows) in [
        (&["--json"][..], pid.as_str()),
        (&["--json", "--source", "procfs"], &pid),
        (&["-tulpn"], &pid),
        (&["-tlp", "--source", "procfs"], &pid),
        (&["-xlp"], names),
        (&["-xlp", "--source", "procfs"], names),
        (&[], names),
        (&["--ndjson"], &pid),
        (&["--csv"], &pid),
        (&["--csv", "--columns", "owner,exe,path"], names),
        (&["--columns", "owner,exe,owners"], &pid),
        (&["--columns", "path", "unix"], names),
        (&["-tlp", "--group", "comm"], r"comm x\x1b[2J\n\x9b)"),
        (&["-xlp", "--group", "path", "--wide"], names),
        (&["--format", "{comm} {pid} {exe} {path}"], &pid),
        (&["-tlp", "--ascii"], &pid),
        (&["-tulpnemoi"], &pid),
        (&["-s", "--json"], "tcp"),
        (&["who", at], &pid),
        (&["who", "--json", at], &pid),
        (&["who", &format!("pid:{pid}")], &pid),
        (&["metrics"], "sockeye_sockets"),
        (&["events", "--for", "60ms", "--interval", "20ms"], ""),
        (&["doctor"], "owners"),
        (&["doctor", "--json"], "tcp"),
        (&["check", "--policy", policy], &pid),
        (&["check", "--json", "--policy", policy], &pid),
        (&["policy", "learn", "--dry-run", "--policy", policy], r"\\x1b[31m\\u{202e}\\n\\xff"),
    ] {
        let ran = run(&mut sockeye(args));
        assert!(matches!(ran.code(), 0 | 1), "{args:?}: {}", ran.stderr());
        // Lines of CSV end so, lines of details begin so.
        let stdout = ran.stdout().replace("\r\n", "\n").replace("\n\t ", "\n");
        assert_harmless(&format!("stdout of {args:?}"), stdout.as_bytes());
        assert_harmless(&format!("stderr of {args:?}"), &ran.stderr);
        let learnt = shows.replace(r"\\", r"\");
        assert!(
            ran.stdout().contains(shows) || ran.stdout().contains(&learnt),
            "{args:?} does not show {shows}"
        );
    }
}

#[test]
fn a_watch_lets_nothing_through_either() {
    let dir = tempfile::tempdir().unwrap();
    let villain = Villain::start(dir.path());
    let policy = dir.path().join("policy.toml");
    write_file(&policy, "version = 1\n");
    for json in [&[][..], &["--json"]] {
        let log = dir.path().join("log");
        let args = [&["watch", "--policy", policy.to_str().unwrap()], json].concat();
        let mut command = sockeye(&args);
        command.stdout(File::create(&log).unwrap()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        eventually(|| {
            let text = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
            let told = text.lines().any(|line| line.contains(&format!(":{}", villain.port)));
            told.then_some(()).ok_or(text)
        });
        child.kill().unwrap();
        let mut stderr = Vec::new();
        child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        child.wait().unwrap();
        assert_harmless("stdout of watch", &fs::read(&log).unwrap());
        assert_harmless("stderr of watch", &stderr);
    }
}

#[test]
fn a_hostile_policy_path_is_complained_about_harmlessly() {
    for attack in ATTACKS {
        let path = [b"/nowhere/", attack].concat();
        let ran = run(sockeye(&["check", "--policy"]).arg(OsStr::from_bytes(&path)));
        assert_eq!(ran.code(), 2);
        assert_harmless("stderr", &ran.stderr);
    }
}

/// A name with a newline begins a line of its own in `/proc/net/unix`. Netlink is not fooled; the
/// text cannot be told from the truth, but a forged line never gets an owner that it did not name
/// rightly, and never costs another socket its place.
#[test]
fn a_forged_row_exists_for_nobody_who_asks_netlink() {
    const INODE: u64 = 4_294_967_291;
    let forged = format!("/run/fake-{}.sock", std::process::id());
    let name = format!("x\n0000000000000000: 00000002 00000000 00010000 0001 01 {INODE} {forged}");
    let liar = listen(&SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap());
    // No inode, and no listener that it could wait for.
    let nameless = format!("y\n0000000000000000: 00000002 00000000 00010000 0001 01 0 {forged}-0");
    let nameless = listen(&SocketAddrUnix::new_abstract_name(nameless.as_bytes()).unwrap());
    let bystander = listen(
        &SocketAddrUnix::new_abstract_name(format!("bystander-{}", std::process::id()).as_bytes()).unwrap(),
    );
    // The inode of another socket under another name.
    let victim = listen(
        &SocketAddrUnix::new_abstract_name(format!("victim-{}", std::process::id()).as_bytes()).unwrap(),
    );
    let thief =
        format!("z\n0000000000000000: 00000002 00000000 00010000 0001 01 {} {forged}-stolen", inode(&victim));
    let thief = listen(&SocketAddrUnix::new_abstract_name(thief.as_bytes()).unwrap());
    let told = document(&["--json"]);
    assert_eq!(told.by_inode(INODE), None);
    assert!(!told.sockets.iter().any(|socket| socket.path.as_ref() == Some(&forged)));
    assert_eq!(told.by_cookie(cookie(&liar)).unwrap().path, Some(format!("@{}", name.replace('\n', r"\n"))));
    let told = document(&["--json", "--source", "procfs"]);
    for real in [&liar, &bystander] {
        assert_eq!(told.by_inode(inode(real)).expect("no real socket is lost").owner_status, "known");
    }
    // Whoever could be read does not hold it: that it exists at all stands in a text that lies.
    for inode in [INODE, 0] {
        let path = format!("{forged}{}", if inode == 0 { "-0" } else { "" });
        let row = told.only(|socket| socket.path.as_ref() == Some(&path)).expect("the text is told as it is");
        assert_eq!((row.owner_status.as_str(), &row.owners, row.owner_count), ("unverified", &None, None));
    }
    let unverified = told.coverage.owners.unresolved.iter().find(|why| why.status == "unverified").unwrap();
    assert!(unverified.count >= 2 && unverified.reason.contains("forge"), "{unverified:?}");
    for path in [format!("{forged}-stolen"), format!("@victim-{}", std::process::id())] {
        let row = told.only(|socket| socket.path.as_ref() == Some(&path)).expect("both are told");
        assert_eq!((row.owner_status.as_str(), row.inode), ("unverified", None), "{path}");
    }
    drop((nameless, victim, thief));
}
