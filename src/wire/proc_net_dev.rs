//! `/proc/net/dev`: the names of the interfaces of a namespace (proc(5)). Their counters are of no interest.

/// True when an interface has that name.
#[must_use]
pub fn has(text: &[u8], name: &[u8]) -> bool {
    // No name has a colon in it (`dev_valid_name`, `net/core/dev.c`).
    let names = text.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b':').next());
    !name.is_empty() && names.skip(2).any(|it| it.trim_ascii() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets
    lo: 30404884  178464    0    0    0     0          0         0 30404884  178464
eth0.1:23 1 0
";

    #[test]
    fn names_stand_before_the_colon() {
        for (name, is) in
            [("lo", true), ("eth0.1", true), ("eth0", false), ("face", false), ("", false), ("23", false)]
        {
            assert_eq!(has(TEXT, name.as_bytes()), is, "{name}");
        }
        assert!(!has(b"", b"lo"));
    }
}
