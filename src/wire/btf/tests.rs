//! Types that are built here, byte by byte, and what is read of them.

use proptest::prelude::*;

use super::*;

/// Types as `linux/btf.h` has them, one after the other.
#[derive(Default)]
struct Built {
    types: Vec<u32>,
    strings: Vec<u8>,
}

impl Built {
    fn new() -> Self {
        Self { types: Vec::new(), strings: vec![0] }
    }

    fn name(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let at = self.strings.len();
        self.strings.extend(name.as_bytes());
        self.strings.push(0);
        u32::try_from(at).unwrap()
    }

    /// A type of that kind; the size or type, and what follows.
    fn add(&mut self, (kind, parts): (u32, u32), name: &str, size_or_type: u32, rest: &[u32]) {
        let name = self.name(name);
        self.types.extend([name, kind << 24 | parts, size_or_type]);
        self.types.extend(rest);
    }

    /// A struct of these members: name, type, offset in bits.
    fn composite(&mut self, kind: u32, name: &str, members: &[(&str, u32, u32)]) {
        let mut rest = Vec::new();
        for (name, id, offset) in members {
            rest.extend([self.name(name), *id, *offset]);
        }
        self.add((kind, u32::try_from(members.len()).unwrap()), name, 64, &rest);
    }

    fn bytes(&self) -> Vec<u8> {
        let types: Vec<u8> = self.types.iter().flat_map(|number| number.to_ne_bytes()).collect();
        let mut bytes = MAGIC.to_ne_bytes().to_vec();
        bytes.extend([VERSION, 0]);
        for number in [24, 0, types.len(), types.len(), self.strings.len()] {
            bytes.extend(u32::try_from(number).unwrap().to_ne_bytes());
        }
        [bytes, types, self.strings.clone()].concat()
    }
}

/// A task with a part of every kind, and beside it what is no part of it.
fn kernel() -> Vec<u8> {
    let mut built = Built::new();
    built.add((kind::INT, 0), "int", 4, &[32]); // 1
    built.composite(kind::STRUCT, "far", &[("x", 1, 0)]); // 2
    built.add((kind::PTR, 0), "", 2, &[]); // 3
    built.add((kind::ARRAY, 0), "", 0, &[1, 1, 16]); // 4
    built.composite(kind::UNION, "", &[("inner", 4, 0), ("other", 9, 0)]); // 5
    built.add((kind::ENUM, 2), "mode", 4, &[0, 0, 0, 1]); // 6
    built.add((kind::FUNC_PROTO, 1), "", 1, &[0, 3]); // 7
    built.add((kind::FUNC, 0), "hook", 7, &[]); // 8
    built.add((kind::CONST, 0), "", 10, &[]); // 9
    built.add((kind::TYPEDEF, 0), "number", 1, &[]); // 10
    let members = [("next", 3, 0), ("", 5, 64), ("mode", 6, 96)];
    built.composite(kind::STRUCT, "task", &members); // 11
    built.composite(kind::STRUCT, "task", &[("older", 1, 8)]); // 12
    built.add((kind::VAR, 0), "variable", 1, &[1]); // 13
    built.add((kind::DATASEC, 1), ".data", 4, &[13, 0, 4]); // 14
    built.add((kind::DECL_TAG, 0), "tag", 11, &[0]); // 15
    built.add((kind::ENUM64, 1), "wide", 8, &[0, 0, 0]); // 16
    built.add((kind::FLOAT, 0), "float", 4, &[]); // 17
    built.bytes()
}

fn names<'a>(names: &[&'a str]) -> HashSet<&'a [u8], RandomState> {
    names.iter().map(|name| name.as_bytes()).collect()
}

/// What a type says: its kind, name, and what it is made of, by name and offset.
fn told(types: &Types<'_>, id: TypeId) -> String {
    let text = |at| String::from_utf8_lossy(types.string(at)).into_owned();
    let Some((head, rest)) = types.by_id(id) else { return "void".to_owned() };
    let inner = match head.kind() {
        kind::STRUCT | kind::UNION => {
            let (members, _) = <[Member]>::ref_from_prefix_with_elems(rest, head.parts()).unwrap();
            let member =
                |it: &Member| format!("{}@{}: {}", text(it.name), it.offset.get(), told(types, it.id.get()));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        kind::ARRAY => {
            let (array, _) = Array::read_from_prefix(rest).unwrap();
            format!("{} x {}", array.length.get(), told(types, array.element.get()))
        }
        kind::PTR | kind::CONST | kind::TYPEDEF => told(types, head.size_or_type.get()),
        _ => head.size_or_type.get().to_string(),
    };
    format!("{} {}({inner})", head.kind(), text(head.name))
}

#[test]
fn functions_and_structs_are_found_by_name() {
    let bytes = kernel();
    let types = Types::read(&bytes).unwrap();
    assert_eq!(
        (types.function(b"hook"), types.function(b"hoo"), types.function(b"task")),
        (Some(8), None, None)
    );
    assert_eq!(types.structs(), names(&["far", "task"]));
}

#[test]
fn an_excerpt_has_all_structs_of_the_name_with_their_parts_and_nothing_else() {
    let bytes = kernel();
    let whole = Types::read(&bytes).unwrap();
    let bytes = whole.excerpt(&names(&["task", "no such"]));
    let excerpt = Types::read(&bytes).unwrap();
    let task = "4 task(next@0: 2 (void), @64: 5 (inner@0: 3 (16 x 1 int(4)), other@0: 10 (8 number(1 int(4)))), \
                mode@96: 6 mode(4))";
    assert_eq!(told(&excerpt, 1), task);
    assert_eq!(told(&excerpt, 2), "4 task(older@8: 1 int(4))");
    assert_eq!(excerpt.at.len(), 9, "the two, pointer, union, enum, int, array, const, typedef");
    assert_eq!(excerpt.structs(), names(&["task"]));
    assert_eq!(excerpt.function(b"hook"), None);
}

#[test]
fn of_an_excerpt_the_excerpt_is_the_same() {
    let bytes = kernel();
    let once = Types::read(&bytes).unwrap().excerpt(&names(&["task"]));
    assert_eq!(Types::read(&once).unwrap().excerpt(&names(&["task"])), once);
}

#[test]
fn what_is_no_list_of_types_is_refused() {
    let whole = kernel();
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        Types::read(&bytes).map(|_| ()).unwrap_err()
    };
    let kind_of_the_first = 24 + if cfg!(target_endian = "little") { 7 } else { 4 };
    assert_eq!(changed(0, 0), Malformed::Header);
    assert_eq!(changed(2, 2), Malformed::Header);
    assert_eq!(changed(kind_of_the_first, 20), Malformed::Kind(20));
    for length in 0..24 {
        assert_eq!(Types::read(&whole[..length]).map(|_| ()), Err(Malformed::Header), "{length}");
    }
    for length in 24..whole.len() {
        assert_eq!(Types::read(&whole[..length]).map(|_| ()), Err(Malformed::Short), "{length}");
    }
}

proptest! {
    #[test]
    fn numbers_that_lead_nowhere_do_no_harm(at in 24usize..400, number: u32) {
        let mut bytes = kernel();
        let at = at.min(bytes.len() - 4);
        bytes[at..at + 4].copy_from_slice(&number.to_ne_bytes());
        if let Ok(types) = Types::read(&bytes) {
            let excerpt = types.excerpt(&types.structs());
            prop_assert!(Types::read(&excerpt).is_ok());
        }
    }
}
