//! Types copied out of others. Nothing is judged here: what is copied was understood when it was walked.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes as _, IntoBytes as _};

use super::{Array, Head, Header, MAGIC, Member, TypeId, Types, VERSION, kind};

/// These types, and what they consist of.
pub(super) fn of(types: &Types<'_>, roots: impl Iterator<Item = TypeId>) -> Vec<u8> {
    let mut excerpt = Excerpt { types, ids: HashMap::default(), queue: Vec::new(), strings: Strings::new() };
    for root in roots {
        excerpt.id(root);
    }
    excerpt.written()
}

/// Types that are copied out, with numbers of their own.
struct Excerpt<'a> {
    types: &'a Types<'a>,
    ids: HashMap<TypeId, TypeId, RandomState>,
    /// By their old numbers, in the order of the new ones.
    queue: Vec<TypeId>,
    strings: Strings,
}

impl Excerpt<'_> {
    /// The new number of a type.
    fn id(&mut self, old: TypeId) -> U32 {
        let known = self.types.by_id(old).is_some_and(|(head, _)| is_part(head.kind()));
        if !known {
            return U32::ZERO;
        }
        let next = TypeId::try_from(self.queue.len()).map_or(0, |count| count + 1);
        let id = *self.ids.entry(old).or_insert(next);
        if id == next {
            self.queue.push(old);
        }
        id.into()
    }

    fn written(mut self) -> Vec<u8> {
        let mut types = Vec::new();
        let mut done = 0;
        while let Some((head, rest)) = self.queue.get(done).and_then(|old| self.types.by_id(*old)) {
            self.write(head, rest, &mut types);
            done += 1;
        }
        let length = |bytes: &[u8]| U32::new(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let header = Header {
            magic: MAGIC.into(),
            version: VERSION,
            flags: 0,
            length: length(&[0; size_of::<Header>()]),
            types_at: U32::ZERO,
            types_length: length(&types),
            strings_at: length(&types),
            strings_length: length(&self.strings.bytes),
        };
        [header.as_bytes(), &types, &self.strings.bytes].concat()
    }

    fn write(&mut self, head: Head, rest: &[u8], to: &mut Vec<u8>) {
        let name = self.strings.place(self.types.string(head.name));
        let head = Head { name, ..head };
        match head.kind() {
            kind::PTR => to.extend(Head { size_or_type: U32::ZERO, ..head }.as_bytes()),
            // Of values nobody asks.
            kind::ENUM | kind::ENUM64 => {
                to.extend(Head { info: (head.info.get() & !0xffff).into(), ..head }.as_bytes());
            }
            kind::ARRAY => {
                to.extend(head.as_bytes());
                let array = Array::read_from_prefix(rest).map(|(array, _)| array);
                let Ok(Array { element, index, length }) = array else { return };
                let (element, index) = (self.id(element.get()), self.id(index.get()));
                to.extend(Array { element, index, length }.as_bytes());
            }
            kind::STRUCT | kind::UNION => {
                to.extend(head.as_bytes());
                let members = <[Member]>::ref_from_prefix_with_elems(rest, head.parts());
                for Member { name, id, offset } in members.map_or(&[][..], |(members, _)| members) {
                    let name = self.strings.place(self.types.string(*name));
                    to.extend(Member { name, id: self.id(id.get()), offset: *offset }.as_bytes());
                }
            }
            kind::INT => {
                to.extend(head.as_bytes());
                to.extend(rest.get(..4).unwrap_or_default());
            }
            kind::FLOAT | kind::FWD => to.extend(head.as_bytes()),
            _ => to.extend(Head { size_or_type: self.id(head.size_or_type.get()), ..head }.as_bytes()),
        }
    }
}

/// True for what a struct can consist of. Functions and variables are named beside them.
fn is_part(kind: u32) -> bool {
    !matches!(kind, kind::FUNC | kind::FUNC_PROTO | kind::VAR | kind::DATASEC | kind::DECL_TAG)
}

/// Names one after the other, each once. The empty one is the first.
struct Strings {
    bytes: Vec<u8>,
    places: HashMap<Vec<u8>, U32, RandomState>,
}

impl Strings {
    fn new() -> Self {
        let mut strings = Self { bytes: Vec::new(), places: HashMap::default() };
        strings.place(b"");
        strings
    }

    fn place(&mut self, name: &[u8]) -> U32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = U32::new(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.places.insert(name.to_vec(), place);
        place
    }
}
