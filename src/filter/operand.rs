//! What stands right of a comparison, checked against what stands left of it.

use std::ops::Range;

use super::Vocabulary;
use super::condition::{Condition, OwnerPart, Test};
use super::error::Wrong;
use super::expr::Expr;
use super::host::{End, Host, Network};
use super::lex::Compare;
use super::names::{Flag, Named};
use super::pattern::Pattern;
use super::quantity::{self, Numbers, Unit};
use crate::model::field::{self as fields, Kind, vocabulary};
use crate::model::{Field, NoOwner, Scope};

/// A comparison and its values.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) compare: Compare,
    /// Where the comparison stands.
    pub(super) sign: Range<usize>,
    /// As they were typed.
    pub(super) values: Vec<(String, Range<usize>)>,
    /// The value was between slashes.
    pub(super) regex: bool,
    pub(super) span: Range<usize>,
}

/// True when the words mean that nothing is known.
fn is_null(typed: &str) -> bool {
    matches!(typed, "none" | "null")
}

impl Operand {
    /// Whether it is negated; a mistake for what is no equality.
    fn is_negated(&self) -> Result<bool, Wrong> {
        match self.compare {
            Compare::Equal => Ok(false),
            Compare::Unequal => Ok(true),
            _ => Err(Wrong::new(&self.sign, "this has no order").advise("expected =, != or in")),
        }
    }

    /// The condition that something of that name compares so.
    pub(super) fn compare(&self, named: Named, vocabulary: &Vocabulary<'_>) -> Result<Expr, Wrong> {
        match named {
            Named::Field(field) => self.field(field),
            Named::Owner(part) => self.owner(part),
            Named::OwnerOrStatus => self.owner_or_status(),
            Named::AnyPort => self.ports(vocabulary, Condition::AnyPort),
            Named::LocalPort => self.ports(vocabulary, |numbers| Condition::Port(End::Local, numbers)),
            Named::RemotePort => self.ports(vocabulary, |numbers| Condition::Port(End::Remote, numbers)),
            Named::LocalHost => self.hosts(End::Local, vocabulary),
            Named::RemoteHost => self.hosts(End::Remote, vocabulary),
            Named::AnyAddress => {
                let (not, test) = self.networks()?;
                Ok(Expr::Is(Condition::AnyAddress(test)).negated_if(not))
            }
            Named::Device => self.each(|typed| Ok(Condition::Device(typed.to_owned()))),
            Named::Mark => self.marks(),
            Named::User => self.by_name_or_number("user", "uid"),
            Named::Netns => self.by_name_or_number("netns_name", "netns"),
            Named::Age => {
                let (not, numbers) = self.numbers(&self.typed(), Unit::Time(1_000_000_000))?;
                Ok(Expr::Is(Condition::Age(numbers)).negated_if(not))
            }
            Named::Rate => {
                let (not, numbers) = self.numbers(&self.typed(), Unit::Bytes)?;
                Ok(Expr::Is(Condition::Rate(numbers)).negated_if(not))
            }
        }
    }

    fn typed(&self) -> Vec<String> {
        self.values.iter().map(|(typed, _)| typed.clone()).collect()
    }

    /// One of the values, each a condition.
    fn each(&self, make: impl Fn(&str) -> Result<Condition, String>) -> Result<Expr, Wrong> {
        let not = self.is_negated()?;
        let condition = |(typed, span): &(String, Range<usize>)| {
            make(typed).map(Expr::Is).map_err(|wrong| Wrong::new(span, wrong))
        };
        let conditions = self.values.iter().map(condition).collect::<Result<Vec<_>, _>>()?;
        Ok(Expr::any(conditions).negated_if(not))
    }

    /// The numbers that are asked for. `typed` stands for the values.
    pub(super) fn numbers(&self, typed: &[String], unit: Unit) -> Result<(bool, Numbers), Wrong> {
        let refused = || quantity::no_number(&self.span, unit);
        if self.regex {
            return Err(refused());
        }
        let not = self.compare == Compare::Unequal;
        match (self.compare, typed) {
            (Compare::Like | Compare::Unlike, _) => {
                Err(Wrong::new(&self.sign, "a number looks like nothing")
                    .advise("expected =, !=, <, <=, >, >= or in"))
            }
            (Compare::Equal | Compare::Unequal, several) => {
                let numbers = Numbers::listed(several.iter().map(String::as_str), unit);
                Ok((not, numbers.ok_or_else(refused)?))
            }
            (compare, [one]) => Ok((false, Numbers::compared(compare, one, unit).ok_or_else(refused)?)),
            _ => Err(Wrong::new(&self.sign, "several values have no order").advise("expected = or in")),
        }
    }

    fn ports(
        &self,
        vocabulary: &Vocabulary<'_>,
        make: impl FnOnce(Numbers) -> Condition,
    ) -> Result<Expr, Wrong> {
        let mut numbers = Vec::new();
        for (typed, span) in &self.values {
            if Numbers::listed([typed.as_str()], Unit::One).is_some() {
                numbers.push(typed.clone());
                continue;
            }
            let port = Host::port(typed, vocabulary.services).map_err(|wrong| Wrong::new(span, wrong))?;
            numbers.push(port.map_or(EVERY_PORT.to_owned(), |port| port.to_string()));
        }
        let (not, numbers) = self.numbers(&numbers, Unit::One)?;
        Ok(Expr::Is(make(numbers)).negated_if(not))
    }

    fn hosts(&self, end: End, vocabulary: &Vocabulary<'_>) -> Result<Expr, Wrong> {
        self.each(|typed| Ok(Condition::Host(end, Host::parse(typed, vocabulary.services)?)))
    }

    fn networks(&self) -> Result<(bool, Vec<Network>), Wrong> {
        let not = self.is_negated()?;
        let network = |(typed, span): &(String, Range<usize>)| {
            let plain = typed.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(typed);
            Network::parse(plain).ok_or_else(|| {
                Wrong::new(span, "this is no address")
                    .advise("expected one such as 10.0.0.1, 10.0.0.0/8 or fe80::/10")
            })
        };
        Ok((not, self.values.iter().map(network).collect::<Result<_, _>>()?))
    }

    /// `1`, `0x10/0xf0`: the value, and which bits of it count.
    fn marks(&self) -> Result<Expr, Wrong> {
        let number =
            |typed: &str| quantity::number(typed, Unit::One).and_then(|number| u32::try_from(number).ok());
        self.each(|typed| {
            let (value, mask) =
                typed.split_once('/').map_or((typed, None), |(value, mask)| (value, Some(mask)));
            let mask = mask.map_or(Some(u32::MAX), number);
            let (Some(value), Some(mask)) = (number(value), mask) else {
                return Err("this is no mark; expected one such as 1, 0x10 or 0x10/0xf0".to_owned());
            };
            Ok(Condition::Mark { value, mask })
        })
    }

    /// A name, or the number that it stands for.
    fn by_name_or_number(&self, name: &str, number: &str) -> Result<Expr, Wrong> {
        let (Some(name), Some(number)) = (fields::by_key(name), fields::by_key(number)) else {
            return Err(Wrong::new(&self.span, "there is no such field"));
        };
        let numeric = self.is_of_digits();
        let ordered =
            !matches!(self.compare, Compare::Equal | Compare::Unequal | Compare::Like | Compare::Unlike);
        self.field(if numeric || ordered { number } else { name })
    }

    fn is_of_digits(&self) -> bool {
        !self.regex && self.values.iter().all(|(typed, _)| typed.bytes().all(|b| b.is_ascii_digit()))
    }

    fn owner(&self, part: OwnerPart) -> Result<Expr, Wrong> {
        let (not, test) = match part {
            OwnerPart::Pid => self.number_test(Unit::One)?,
            OwnerPart::User if self.is_of_digits() => self.number_test(Unit::One)?,
            _ => self.text_test(false)?,
        };
        Ok(Expr::Is(Condition::Owner(part, test)).negated_if(not))
    }

    /// `owner = none` is nobody, for whatever reason; another status is that one; all else is a name.
    fn owner_or_status(&self) -> Result<Expr, Wrong> {
        let equality = matches!(self.compare, Compare::Equal | Compare::Unequal) && !self.regex;
        if let [(typed, _)] = &self.values[..]
            && equality
        {
            let not = self.compare == Compare::Unequal;
            if is_null(typed) {
                return Ok(Expr::Is(Condition::Flag(Flag::Unowned)).negated_if(not));
            }
            if NoOwner::statuses().any(|status| status == typed)
                && let Some(field) = fields::by_key("owner_status")
            {
                return self.field(field);
            }
        }
        self.owner(OwnerPart::Name)
    }

    fn field(&self, field: &'static Field) -> Result<Expr, Wrong> {
        let (not, test) = match field.kind {
            Kind::Number | Kind::Id => self.number_test(Unit::of(field.key))?,
            Kind::Word => self.word_test(field)?,
            Kind::Text | Kind::Path => self.text_test(field.key == "cgroup")?,
            Kind::Address => self.address_test()?,
            Kind::Bool => self.bool_test()?,
            Kind::Endpoint | Kind::Moment | Kind::Object | Kind::List(_) => {
                return Err(Wrong::new(&self.sign, "this cannot be compared; its parts can"));
            }
        };
        Ok(Expr::Is(Condition::Field(field, test)).negated_if(not))
    }

    /// Whether it is asked that nothing be known.
    fn null_test(&self) -> Option<(bool, Test)> {
        let equality = matches!(self.compare, Compare::Equal | Compare::Unequal) && !self.regex;
        let null = matches!(&self.values[..], [(typed, _)] if is_null(typed));
        (equality && null).then_some((self.compare == Compare::Unequal, Test::Null))
    }

    fn number_test(&self, unit: Unit) -> Result<(bool, Test), Wrong> {
        if let Some(null) = self.null_test() {
            return Ok(null);
        }
        let (not, numbers) = self.numbers(&self.typed(), unit)?;
        Ok((not, Test::Numbers(numbers)))
    }

    /// `of_cgroups` says that the texts are paths of cgroups.
    fn text_test(&self, of_cgroups: bool) -> Result<(bool, Test), Wrong> {
        if let Some(null) = self.null_test() {
            return Ok(null);
        }
        let not = matches!(self.compare, Compare::Unequal | Compare::Unlike);
        let pattern = |(typed, span): &(String, Range<usize>)| {
            let pattern = match self.compare {
                _ if self.regex => Pattern::regex(typed),
                Compare::Equal | Compare::Unequal if of_cgroups => Ok(Pattern::exact(below_mount(typed))),
                Compare::Equal | Compare::Unequal => Ok(Pattern::exact(typed)),
                Compare::Like | Compare::Unlike if typed.contains(['*', '?', '[']) => {
                    Pattern::glob(typed, false)
                }
                Compare::Like | Compare::Unlike => Pattern::within(typed),
                _ => {
                    return Err(
                        Wrong::new(&self.sign, "texts have no order").advise("expected =, !=, ~, !~ or in")
                    );
                }
            };
            pattern.map_err(|wrong| Wrong::new(span, wrong))
        };
        Ok((not, Test::Texts(self.values.iter().map(pattern).collect::<Result<_, _>>()?)))
    }

    fn address_test(&self) -> Result<(bool, Test), Wrong> {
        if let Some(null) = self.null_test() {
            return Ok(null);
        }
        let (not, networks) = self.networks()?;
        Ok((not, Test::Networks(networks)))
    }

    fn bool_test(&self) -> Result<(bool, Test), Wrong> {
        if let Some(null) = self.null_test() {
            return Ok(null);
        }
        let not = self.is_negated()?;
        match self.values.first().map(|(typed, _)| typed.as_str()) {
            Some("true" | "yes" | "1" | "on") => Ok((not, Test::Bool(true))),
            Some("false" | "no" | "0" | "off") => Ok((not, Test::Bool(false))),
            _ => Err(Wrong::new(&self.span, "this is neither true nor false")
                .advise("expected true, false or none")),
        }
    }

    fn word_test(&self, field: &'static Field) -> Result<(bool, Test), Wrong> {
        if let Some(null) = self.null_test().filter(|_| field.key != "owner_status") {
            return Ok(null);
        }
        let Some(words) = vocabulary(field) else { return self.text_test(false) };
        if matches!(self.compare, Compare::Like | Compare::Unlike) {
            return self.text_test(false);
        }
        let not = self.compare == Compare::Unequal;
        let mut asked = Vec::new();
        for (typed, span) in &self.values {
            let lower = typed.to_ascii_lowercase();
            let Some(at) = words.iter().position(|word| *word == lower) else {
                let wrong = format!("{} has no such value", field.key);
                return Err(Wrong::new(span, wrong).expecting(&lower, words.iter().copied()));
            };
            match self.compare {
                Compare::Equal | Compare::Unequal => asked.push(words[at]),
                // Narrow to wide: the order is the meaning.
                _ if field.key == "scope" => {
                    let has = |it: usize| match self.compare {
                        Compare::Less => it < at,
                        Compare::LessOrEqual => it <= at,
                        Compare::Greater => it > at,
                        _ => it >= at,
                    };
                    asked.extend((0..Scope::ALL.len()).filter(|it| has(*it)).map(|it| words[it]));
                }
                _ => {
                    return Err(Wrong::new(&self.sign, format!("{} has no order", field.key))
                        .advise("expected =, !=, ~, !~ or in"));
                }
            }
        }
        Ok((not, Test::Words(asked)))
    }
}

/// ss takes the path of the directory, the kernel has the part of it below the mount. Where cgroup v2 is
/// mounted: cgroups(7).
fn below_mount(typed: &str) -> &str {
    let mounts = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
    match mounts.into_iter().find_map(|mount| typed.strip_prefix(mount)) {
        Some("") => "/",
        Some(below) if below.starts_with('/') => below,
        _ => typed,
    }
}

/// What `*` stands for.
const EVERY_PORT: &str = "0-4294967295";
