//! The elements of a set or map (`nft_set_elem_attributes`).

use crate::model::SystemBytes;

use super::expression::{Attributes, Verdict, elements, verdict};

/// What an element of a map stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Value(Vec<u8>),
    Verdict(Verdict),
}

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// The first and the last key; `None` for what is met when nothing else is.
    pub(super) key: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) data: Option<Data>,
}

/// An element as the kernel lists it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    key: Vec<u8>,
    /// Told for keys of several parts alone (`nft_set_pipapo`).
    last: Option<Vec<u8>>,
    /// `NFT_SET_ELEM_INTERVAL_END`: an interval ends before it, and it is in the set no more.
    ends: bool,
    catchall: bool,
    data: Option<Data>,
}

/// The elements in a message of `NFT_MSG_NEWSETELEM`: the table and set, and what is listed.
pub(super) fn listed(body: &[u8]) -> Option<(SystemBytes, SystemBytes, Vec<Listed>)> {
    let parts = Attributes::of(body);
    let list = parts.bytes(3).unwrap_or_default();
    Some((parts.text(1)?, parts.text(2)?, elements(list).map(one).collect()))
}

fn one(element: &[u8]) -> Listed {
    const INTERVAL_END: u32 = 1;
    const CATCHALL: u32 = 2;
    let parts = Attributes::of(element);
    let flags = parts.number(3).unwrap_or(0);
    let data = parts.bytes(2).and_then(|data| verdict(data).map(Data::Verdict));
    Listed {
        key: parts.value(1).unwrap_or_default(),
        last: parts.value(10),
        ends: flags & INTERVAL_END != 0,
        catchall: flags & CATCHALL != 0,
        data: data.or_else(|| parts.value(2).map(Data::Value)),
    }
}

/// The elements of a whole set. Of one with intervals (`nft_set_rbtree`) the kernel lists where they begin
/// and where they have ended.
pub(super) fn whole(mut listed: Vec<Listed>, has_intervals: bool) -> Vec<Element> {
    listed.sort_by(|a, b| a.key.cmp(&b.key).then(b.ends.cmp(&a.ends)));
    let mut found = Vec::new();
    for (at, one) in listed.iter().enumerate().filter(|(_, one)| !one.ends) {
        let next = listed[at + 1..].iter().find(|other| !other.catchall).map(|other| &other.key);
        let last = match (&one.last, next) {
            (Some(last), _) => last.clone(),
            (None, _) if !has_intervals => one.key.clone(),
            (None, Some(next)) => before(next),
            (None, None) => vec![0xff; one.key.len()],
        };
        let key = (!one.catchall).then(|| (one.key.clone(), last));
        found.push(Element { key, data: one.data.clone() });
    }
    found
}

/// The key before this one.
fn before(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    for byte in key.iter_mut().rev() {
        let (less, borrowed) = byte.overflowing_sub(1);
        *byte = less;
        if !borrowed {
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(key: u16, ends: bool) -> Listed {
        Listed { key: key.to_be_bytes().to_vec(), last: None, ends, catchall: false, data: None }
    }

    fn told(list: Vec<Listed>, has_intervals: bool) -> Vec<(u16, u16)> {
        let number = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
        let keys = whole(list, has_intervals).into_iter().filter_map(|element| element.key);
        keys.map(|(first, last)| (number(&first), number(&last))).collect()
    }

    #[test]
    fn intervals_end_before_what_ends_them() {
        let list = vec![listed(8451, true), listed(443, false), listed(444, true), listed(8443, false)];
        assert_eq!(told(list, true), [(443, 443), (8443, 8450)]);
        let adjacent = vec![listed(1, false), listed(256, true), listed(256, false)];
        assert_eq!(told(adjacent, true), [(1, 255), (256, 65535)], "to the end where nothing ends it");
        assert_eq!(told(vec![listed(2, false), listed(1, false)], false), [(1, 1), (2, 2)]);
    }
}
