//! `/proc/PID/mountinfo`: where namespace files are mounted (proc(5)).
//!
//! Mount points are chosen by others. The kernel writes blanks, newlines and backslashes in them
//! as `\040` and its kind, so a line is a line; they are given back as the bytes that they stand for.

use super::proc_pid::net_link;
use crate::model::NetnsId;

/// A network namespace whose nsfs file is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetnsMount {
    pub id: NetnsId,
    /// As seen from the root of the process whose table it is.
    pub point: Vec<u8>,
}

/// The mounted network namespaces, in the order of the table. What cannot be understood is not
/// one of them: other file systems may stand there in any form.
pub fn netns_mounts(text: &[u8]) -> impl Iterator<Item = NetnsMount> + '_ {
    text.split(|b| *b == b'\n').filter_map(netns_mount)
}

/// `36 35 0:4 net:[4026532000] /run/netns/blue rw shared:1 - nsfs nsfs rw`: the fourth field is the
/// root of the mount, the fifth its place; behind a lonely dash stands the file system.
fn netns_mount(line: &[u8]) -> Option<NetnsMount> {
    let mut fields = line.split(|b| *b == b' ').skip(3);
    let id = net_link(fields.next()?)?;
    let point = unescape(fields.next()?)?;
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    (kind == b"nsfs").then_some(NetnsMount { id, point })
}

/// Undoes the octal escapes of the kernel (`mangle_path` in `fs/seq_file.c`).
fn unescape(field: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'\\' {
            let (digits, behind) = behind.split_at_checked(3)?;
            let digit = |byte: &u8| matches!(byte, b'0'..=b'7').then(|| u16::from(byte - b'0'));
            let value = digits.iter().try_fold(0, |value, byte| Some(value * 8 + digit(byte)?))?;
            bytes.push(u8::try_from(value).ok()?);
            rest = behind;
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(text: &[u8]) -> Vec<(u64, Vec<u8>)> {
        netns_mounts(text).map(|mount| (mount.id.0, mount.point)).collect()
    }

    #[test]
    fn mounted_namespaces_among_other_mounts() {
        let text = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
            36 35 0:4 net:[4026532000] /run/netns/blue rw shared:1 - nsfs nsfs rw\n\
            37 35 0:4 net:[4026532001] /run/netns/a\\040b\\012c\\134 rw - nsfs nsfs rw\n\
            38 35 0:4 net:[4026532002] /x rw shared:1 master:2 - nsfs nsfs rw\n\
            39 35 0:4 mnt:[4026532003] /run/snapd/ns/x.mnt rw - nsfs nsfs rw\n\
            40 35 0:50 net:[4026532004] /fake rw - tmpfs net:[1] rw\n";
        assert_eq!(
            mounts(text),
            [
                (4_026_532_000, b"/run/netns/blue".to_vec()),
                (4_026_532_001, b"/run/netns/a b\nc\\".to_vec()),
                (4_026_532_002, b"/x".to_vec()),
            ]
        );
    }

    #[test]
    fn cut_and_crooked_lines_are_passed_over() {
        for line in [
            &b""[..],
            b"36 35 0:4 net:[4026532000]",
            b"36 35 0:4 net:[4026532000] /x rw",
            b"36 35 0:4 net:[4026532000] /x rw -",
            b"36 35 0:4 net:[0] /x rw - nsfs nsfs rw",
            b"36 35 0:4 net:[12 /x rw - nsfs nsfs rw",
            b"36 35 0:4 net:[12] /x\\04 rw - nsfs nsfs rw",
            b"36 35 0:4 net:[12] /x\\999 rw - nsfs nsfs rw",
            b"36 35 0:4 net:[12] /x\\777 rw - nsfs nsfs rw",
        ] {
            assert_eq!(mounts(line), [], "{}", line.escape_ascii());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _all = mounts(&bytes);
        }

        #[test]
        fn any_mount_point_comes_back(point: Vec<u8>) {
            let mut line = b"36 35 0:4 net:[7] ".to_vec();
            for byte in &point {
                match byte {
                    b' ' | b'\t' | b'\n' | b'\\' => line.extend(format!("\\{byte:03o}").into_bytes()),
                    other => line.push(*other),
                }
            }
            line.extend(b" rw - nsfs nsfs rw");
            proptest::prop_assert_eq!(mounts(&line), [(7, point)]);
        }
    }
}
