//! The types of a kernel or of a program (BTF), and an excerpt of them. Pure.
//!
//! A kernel describes some 150 000 types. To understand them all takes longer than to look at every
//! descriptor of a busy machine, and a program looks at a dozen. So they are walked once, by length
//! and name, and what the dozen consists of is copied out: types of its own, for the library that
//! fits programs to kernels. The format: `linux/btf.h`, and "BPF Type Format" in the kernel's
//! documentation.

mod excerpt;

use std::collections::HashSet;

use foldhash::fast::RandomState;
use zerocopy::byteorder::native_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `BTF_MAGIC`, in the byte order of the machine that wrote it.
const MAGIC: u16 = 0xeb9f;
const VERSION: u8 = 1;

/// `BTF_KIND_*`.
mod kind {
    pub(super) const INT: u32 = 1;
    pub(super) const PTR: u32 = 2;
    pub(super) const ARRAY: u32 = 3;
    pub(super) const STRUCT: u32 = 4;
    pub(super) const UNION: u32 = 5;
    pub(super) const ENUM: u32 = 6;
    pub(super) const FWD: u32 = 7;
    pub(super) const TYPEDEF: u32 = 8;
    pub(super) const VOLATILE: u32 = 9;
    pub(super) const CONST: u32 = 10;
    pub(super) const RESTRICT: u32 = 11;
    pub(super) const FUNC: u32 = 12;
    pub(super) const FUNC_PROTO: u32 = 13;
    pub(super) const VAR: u32 = 14;
    pub(super) const DATASEC: u32 = 15;
    pub(super) const FLOAT: u32 = 16;
    pub(super) const DECL_TAG: u32 = 17;
    pub(super) const TYPE_TAG: u32 = 18;
    pub(super) const ENUM64: u32 = 19;
}

/// `struct btf_header`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Header {
    magic: U16,
    version: u8,
    flags: u8,
    length: U32,
    types_at: U32,
    types_length: U32,
    strings_at: U32,
    strings_length: U32,
}

/// `struct btf_type`: what each type begins with.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Head {
    name: U32,
    info: U32,
    /// Which of them the kind decides.
    size_or_type: U32,
}

/// `struct btf_member`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Member {
    name: U32,
    id: U32,
    offset: U32,
}

/// `struct btf_array`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Array {
    element: U32,
    index: U32,
    length: U32,
}

/// The number of a type; 0 is `void`.
pub type TypeId = u32;

/// The bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("they begin with no header that is known")]
    Header,
    #[error("they end early")]
    Short,
    #[error("a type of the kind {0}, which is not known")]
    Kind(u32),
}

/// Types, found but not yet understood.
#[derive(Debug)]
pub struct Types<'a> {
    /// One after the other.
    heads: &'a [u8],
    strings: &'a [u8],
    /// Where each begins. The first one is that of the number 1.
    at: Vec<u32>,
}

impl Head {
    fn kind(self) -> u32 {
        self.info.get() >> 24 & 0x1f
    }

    /// How many members it has, values or parameters.
    fn parts(self) -> usize {
        (self.info.get() & 0xffff) as usize
    }

    /// How many bytes follow.
    fn rest(self) -> Result<usize, Malformed> {
        Ok(match self.kind() {
            kind::INT | kind::VAR | kind::DECL_TAG => 4,
            kind::ARRAY => size_of::<Array>(),
            kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => self.parts() * 12,
            kind::ENUM | kind::FUNC_PROTO => self.parts() * 8,
            kind::FWD
            | kind::FUNC
            | kind::FLOAT
            | kind::PTR
            | kind::TYPEDEF
            | kind::VOLATILE
            | kind::CONST
            | kind::RESTRICT
            | kind::TYPE_TAG => 0,
            unknown => return Err(Malformed::Kind(unknown)),
        })
    }
}

impl<'a> Types<'a> {
    /// Finds where each type begins.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| Malformed::Header)?;
        if header.magic.get() != MAGIC || header.version != VERSION {
            return Err(Malformed::Header);
        }
        let after = bytes.get(header.length.get() as usize..).ok_or(Malformed::Short)?;
        let part = |at: U32, length: U32| {
            let begin = after.get(at.get() as usize..).ok_or(Malformed::Short)?;
            begin.get(..length.get() as usize).ok_or(Malformed::Short)
        };
        let types = part(header.types_at, header.types_length)?;
        let strings = part(header.strings_at, header.strings_length)?;
        // Most have a head and a little more.
        let mut at = Vec::with_capacity(types.len() / 20);
        let mut rest = types;
        while !rest.is_empty() {
            // Fits: the length of them all does.
            at.push(u32::try_from(types.len() - rest.len()).map_err(|_| Malformed::Short)?);
            let (head, after) = Head::ref_from_prefix(rest).map_err(|_| Malformed::Short)?;
            rest = after.get(head.rest()?..).ok_or(Malformed::Short)?;
        }
        Ok(Self { heads: types, strings, at })
    }

    /// The number of the function of that name.
    #[must_use]
    pub fn function(&self, name: &[u8]) -> Option<TypeId> {
        self.of_kind(kind::FUNC).find(|(_, named)| self.string(*named) == name).map(|(id, _)| id)
    }

    /// The number of the typedef of that name.
    #[must_use]
    pub fn definition(&self, name: &[u8]) -> Option<TypeId> {
        self.of_kind(kind::TYPEDEF).find(|(_, named)| self.string(*named) == name).map(|(id, _)| id)
    }

    /// The names of all structs that have one.
    #[must_use]
    pub fn structs(&self) -> HashSet<&'a [u8], RandomState> {
        let names = self.of_kind(kind::STRUCT).map(|(_, name)| self.string(name));
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Types that have all structs of these names, whole, and nothing that is not part of them. What
    /// they only point to is `void`.
    #[must_use]
    pub fn excerpt(&self, names: &HashSet<&[u8], RandomState>) -> Vec<u8> {
        let structs = self.of_kind(kind::STRUCT);
        excerpt::of(self, structs.filter(|(_, name)| names.contains(self.string(*name))).map(|(id, _)| id))
    }

    /// The number and where the name is, of each type of that kind.
    fn of_kind(&self, kind: u32) -> impl Iterator<Item = (TypeId, U32)> {
        let heads = (1..).zip(&self.at).filter_map(|(id, at)| Some((id, self.parts(*at)?.0)));
        heads.filter(move |(_, head)| head.kind() == kind).map(|(id, head)| (id, head.name))
    }

    /// The head of the type at that place, and what follows it up to the end of all types.
    fn parts(&self, at: u32) -> Option<(Head, &'a [u8])> {
        Head::read_from_prefix(self.heads.get(at as usize..)?).ok()
    }

    fn by_id(&self, id: TypeId) -> Option<(Head, &'a [u8])> {
        self.parts(*self.at.get(id.checked_sub(1)? as usize)?)
    }

    fn string(&self, at: U32) -> &'a [u8] {
        let rest = self.strings.get(at.get() as usize..).unwrap_or_default();
        rest.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
