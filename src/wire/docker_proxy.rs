//! The arguments of `docker-proxy`, which holds a published port in the place of a container
//! (`cmd/docker-proxy` of moby). Reads nothing; arguments are whatever the process wrote there.

use std::net::IpAddr;

use crate::model::{Endpoint, SystemBytes};

/// Names of processes that are started so: the second one by rootlesskit, cut at 15 bytes. Podman's
/// `rootlessport` gets the same through a pipe, and nothing tells it afterwards.
const NAMES: [&[u8]; 2] = [b"docker-proxy", b"rootlesskit-doc"];

/// Where a proxy passes on what arrives. `None` for any other process, and for arguments that do not
/// tell it.
#[must_use]
pub fn target(comm: &SystemBytes, cmdline: &[SystemBytes]) -> Option<Endpoint> {
    if !NAMES.contains(&comm.as_bytes()) {
        return None;
    }
    let addr: IpAddr = flag(cmdline, "container-ip")?.parse().ok()?;
    let port = flag(cmdline, "container-port")?.parse().ok().filter(|port| *port != 0)?;
    Some(Endpoint::new(addr, port))
}

/// The value of a flag as Go's `flag` package reads it: one dash or two, `=` or the next argument. Of
/// several the last one counts.
fn flag<'a>(cmdline: &'a [SystemBytes], name: &str) -> Option<&'a str> {
    let mut args = cmdline.iter().skip(1).filter_map(|arg| std::str::from_utf8(arg.as_bytes()).ok());
    let mut value = None;
    while let Some(arg) = args.next() {
        let word = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'));
        match word.and_then(|word| word.strip_prefix(name)) {
            Some("") => value = args.next(),
            Some(rest) => value = rest.strip_prefix('=').or(value),
            None => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(comm: &str, line: &str) -> Option<String> {
        let args: Vec<SystemBytes> = line.split(' ').map(SystemBytes::from).collect();
        let told = target(&comm.into(), &args);
        told.map(|end| end.to_string())
    }

    #[test]
    fn arguments_of_every_version() {
        let v4 = "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 \
                  -container-port 80 -use-listen-fd";
        assert_eq!(told("docker-proxy", v4).as_deref(), Some("172.17.0.2:80"));
        assert_eq!(told("rootlesskit-doc", v4).as_deref(), Some("172.17.0.2:80"));
        let v6 = "docker-proxy --container-ip=fd00::2 --container-port=53 -proto udp";
        assert_eq!(told("docker-proxy", v6).as_deref(), Some("[fd00::2]:53"));
        let twice = "p -container-ip 10.0.0.1 -container-port 1 -container-port 2";
        assert_eq!(told("docker-proxy", twice).as_deref(), Some("10.0.0.1:2"));
    }

    #[test]
    fn what_does_not_tell_it() {
        let whole = "x -container-ip 172.17.0.2 -container-port 80";
        assert_eq!(told("nginx", whole), None);
        assert_eq!(told("rootlessport", "rootlessport"), None);
        for line in [
            "",
            "x -container-ip 172.17.0.2",
            "x -container-ip 172.17.0.2 -container-port",
            "x -container-ip 172.17.0.2 -container-port 0",
            "x -container-ip 172.17.0.2 -container-port 65536",
            "x -container-ip web -container-port 80",
            "x -container-ips 172.17.0.2 -container-port 80",
            "x container-ip 172.17.0.2 -container-port 80",
        ] {
            assert_eq!(told("docker-proxy", line), None, "{line}");
        }
    }
}
