//! Netlink framing: messages in a buffer, attributes in a message (`linux/netlink.h`, netlink(7)).

use zerocopy::byteorder::native_endian::{I32, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{WireError, prefix};

/// `NLMSG_NOOP`
pub const NOOP: u16 = 1;
/// `NLMSG_ERROR`
pub const ERROR: u16 = 2;
/// `NLMSG_DONE`
pub const DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`
pub const REQUEST_DUMP: u16 = 0x001 | 0x300;
/// `NLM_F_REQUEST | NLM_F_ACK`: the kernel answers with an errno, 0 for success.
pub const REQUEST_ACK: u16 = 0x001 | 0x004;
/// `NLM_F_DUMP_INTR`: the table changed under the dump.
pub const DUMP_INTR: u16 = 0x10;

/// `struct nlmsghdr`, 16 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct Header {
    pub len: U32,
    pub kind: U16,
    pub flags: U16,
    pub seq: U32,
    pub pid: U32,
}

/// `struct nlattr`, 4 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct AttributeHeader {
    len: U16,
    kind: U16,
}

const HEADER: usize = size_of::<Header>();
const ATTRIBUTE: usize = size_of::<AttributeHeader>();

/// Netlink aligns everything to 4 bytes.
fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// One message: its header, and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub header: Header,
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// The errno that an [`ERROR`] or [`DONE`] message carries, positive; 0 for success.
    pub fn errno(&self) -> Result<i32, WireError> {
        let (code, _) = prefix::<I32>(self.payload)?;
        Ok(code.get().saturating_neg())
    }
}

/// The messages of a buffer, in order. A length that does not fit ends the iteration with an
/// error: after it nothing in the buffer can be trusted.
pub fn messages(buffer: &[u8]) -> impl Iterator<Item = Result<Message<'_>, WireError>> {
    let mut rest = buffer;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let step = split(rest);
        rest = step.as_ref().map_or(&[], |(_, tail)| tail);
        Some(step.map(|(message, _)| message))
    })
}

fn split(buffer: &[u8]) -> Result<(Message<'_>, &[u8]), WireError> {
    let (header, _) = prefix::<Header>(buffer)?;
    let len = header.len.get() as usize;
    let payload = buffer.get(HEADER..len).ok_or(WireError::Length(len))?;
    let tail = buffer.get(align(len)..).unwrap_or(&[]);
    Ok((Message { header, payload }, tail))
}

/// The attributes of a message, as (type, payload). The nesting and byte-order flags are cut off
/// the type. Stops with an error at a length that does not fit.
pub fn attributes(buffer: &[u8]) -> impl Iterator<Item = Result<(u16, &[u8]), WireError>> {
    let mut rest = buffer;
    std::iter::from_fn(move || {
        if rest.len() < ATTRIBUTE {
            return None; // what is left is padding
        }
        let step = split_attribute(rest);
        rest = step.as_ref().map_or(&[], |(_, _, tail)| tail);
        Some(step.map(|(kind, payload, _)| (kind, payload)))
    })
}

fn split_attribute(buffer: &[u8]) -> Result<(u16, &[u8], &[u8]), WireError> {
    let (header, _) = prefix::<AttributeHeader>(buffer)?;
    let len = usize::from(header.len.get());
    let payload = buffer.get(ATTRIBUTE..len).ok_or(WireError::Length(len))?;
    let tail = buffer.get(align(len)..).unwrap_or(&[]);
    Ok((header.kind.get() & 0x3fff, payload, tail))
}

/// Appends an attribute to a request, padded as netlink wants it.
pub fn push_attribute(body: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    let len = u16::try_from(ATTRIBUTE + payload.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(AttributeHeader { len: len.into(), kind: kind.into() }.as_bytes());
    body.extend_from_slice(payload);
    body.resize(align(body.len()), 0);
}

/// A dump request: header and body in one buffer.
#[must_use]
pub fn dump_request(kind: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    request(kind, REQUEST_DUMP, seq, body)
}

/// A request with these flags: header and body in one buffer.
#[must_use]
pub fn request(kind: u16, flags: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let header =
        Header { len: len.into(), kind: kind.into(), flags: flags.into(), seq: seq.into(), pid: 0.into() };
    let mut request = Vec::with_capacity(HEADER + body.len());
    request.extend_from_slice(header.as_bytes());
    request.extend_from_slice(body);
    request
}

/// Writes the length of a request, to which something was appended, into its header.
pub fn set_length(request: &mut [u8]) {
    let len = u32::try_from(request.len()).unwrap_or(u32::MAX);
    if let Some(field) = request.first_chunk_mut::<4>() {
        *field = len.to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with the given length field, for the tests of other decoders too.
    fn message(len: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend_from_slice(&20u16.to_ne_bytes()); // type
        bytes.extend_from_slice(&0u16.to_ne_bytes()); // flags
        bytes.extend_from_slice(&7u32.to_ne_bytes()); // seq
        bytes.extend_from_slice(&0u32.to_ne_bytes()); // pid
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn walks_messages_over_their_padding() {
        let mut buffer = message(17, b"a\0\0\0");
        buffer.extend(message(16, b""));
        let payloads: Vec<_> = messages(&buffer).map(|m| m.unwrap().payload.to_vec()).collect();
        assert_eq!(payloads, [b"a".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_length_that_lies_is_an_error_and_the_end() {
        for (what, buffer, error) in [
            ("cut header", vec![0; 15], WireError::Short { got: 15, want: 16 }),
            ("shorter than its header", message(15, b""), WireError::Length(15)),
            ("zero", message(0, b""), WireError::Length(0)),
            ("longer than the buffer", message(21, b"abcd"), WireError::Length(21)),
        ] {
            let all: Vec<_> = messages(&buffer).collect();
            assert_eq!(all.len(), 1, "{what}");
            assert_eq!(all[0].as_ref().unwrap_err(), &error, "{what}");
        }
    }

    #[test]
    fn attributes_lose_their_flags_and_lies_end_them() {
        let mut buffer = vec![5, 0, 1, 0x80, 9, 0, 0, 0]; // len 5, type 1 | NLA_F_NESTED
        buffer.extend([3, 0, 2, 0]); // len 3: shorter than its header
        let all: Vec<_> = attributes(&buffer).collect();
        assert_eq!(all, [Ok((1, &[9u8][..])), Err(WireError::Length(3))]);
    }

    #[test]
    fn errno_is_positive() {
        let bytes = (-13i32).to_ne_bytes();
        let header =
            Header { len: 20.into(), kind: ERROR.into(), flags: 0.into(), seq: 0.into(), pid: 0.into() };
        assert_eq!(Message { header, payload: &bytes }.errno(), Ok(13));
        assert_eq!(Message { header, payload: &[] }.errno(), Err(WireError::Short { got: 0, want: 4 }));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_loop(bytes: Vec<u8>) {
            let walked: usize = messages(&bytes).map(|m| 1 + m.map_or(0, |m| attributes(m.payload).count())).sum();
            proptest::prop_assert!(walked <= bytes.len() + 1);
            proptest::prop_assert!(attributes(&bytes).count() <= bytes.len());
        }
    }
}
