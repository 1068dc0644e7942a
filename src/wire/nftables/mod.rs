//! Rules of nftables that publish ports (DNAT), from what the kernel dumps of them over netlink
//! (`linux/netfilter/nf_tables.h`). Those of iptables-nft are among them.
//!
//! Pure. It asks for nothing itself: [`Request`] makes messages, [`Ruleset`] takes the answers and tells
//! what is missing to understand them.

mod compat;
mod evaluate;
mod expression;
mod matching;
mod set;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{WireError, netlink};
use crate::model::{Family, SystemBytes};
use expression::{Attributes, Expression};
use set::{Element, Listed};

pub use walk::Found;

/// `NETLINK_NETFILTER`, the protocol of the socket that is asked.
pub const PROTOCOL: u32 = 12;
/// `NFNL_SUBSYS_NFTABLES`, as the upper byte of the message type.
const SUBSYSTEM: u16 = 10 << 8;

/// `NFPROTO_INET`, of tables for both versions of IP.
const INET: u8 = 1;
const IP: u8 = 2;
const IP6: u8 = 10;

/// A table, by its family and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId {
    family: u8,
    name: SystemBytes,
}

impl TableId {
    /// The word for its family, as nft has it.
    fn word(&self) -> &'static str {
        match self.family {
            IP => "ip",
            IP6 => "ip6",
            _ => "inet",
        }
    }

    fn ip_version(&self) -> Option<Family> {
        expression::family(self.family.into())
    }
}

/// A set, by its table and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId {
    table: TableId,
    name: SystemBytes,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    Tables,
    Chains,
    Rules(&'a TableId),
    Sets(&'a TableId),
    Elements(&'a SetId),
}

impl Request<'_> {
    /// The message that asks for a dump (`enum nf_tables_msg_types`, `struct nfgenmsg`).
    #[must_use]
    pub fn message(&self, seq: u32) -> Vec<u8> {
        let (kind, table) = match self {
            Self::Tables => (1, None),
            Self::Chains => (4, None),
            Self::Rules(table) => (7, Some(*table)),
            Self::Sets(table) => (10, Some(*table)),
            Self::Elements(set) => (13, Some(&set.table)),
        };
        let mut body = vec![table.map_or(0, |table| table.family), 0, 0, 0];
        let mut text = |kind, text: &SystemBytes| {
            netlink::push_attribute(&mut body, kind, &[text.as_bytes(), b"\0"].concat());
        };
        // The first attribute of rules, sets and elements is the table, the second of elements the set.
        if let Some(table) = table {
            text(1, &table.name);
        }
        if let Self::Elements(set) = self {
            text(2, &set.name);
        }
        netlink::dump_request(SUBSYSTEM | kind, seq, &body)
    }
}

#[derive(Debug)]
struct Chain {
    /// Where it is hooked in before routing, ordered by this; `None` for all others.
    priority: Option<i32>,
    rules: Vec<Vec<Expression>>,
}

#[derive(Debug, Default)]
struct Set {
    has_intervals: bool,
    listed: Option<Vec<Listed>>,
    whole: Option<Arc<[Element]>>,
}

/// The rules that were dumped.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// Tables that are switched off (`NFT_TABLE_F_DORMANT`).
    dormant: BTreeSet<TableId>,
    chains: BTreeMap<TableId, HashMap<SystemBytes, Chain>>,
    sets: HashMap<SetId, Set>,
    generation: Option<[u8; 2]>,
    is_mixed: bool,
}

impl Ruleset {
    /// Takes what a dump brought. Messages that do not fit their length end it with an error.
    pub fn take(&mut self, answer: &[u8]) -> Result<(), WireError> {
        for message in netlink::messages(answer) {
            let message = message?;
            let (Some(head), Some(body)) = (message.payload.first_chunk::<4>(), message.payload.get(4..))
            else {
                return Err(WireError::Short { got: message.payload.len(), want: 4 });
            };
            // `nfnl_msg_put` puts the generation of the rules in there.
            let generation = [head[2], head[3]];
            self.is_mixed |= self.generation.is_some_and(|first| first != generation);
            self.generation = Some(generation);
            let family = head[0];
            if [IP, IP6, INET].contains(&family) {
                self.one(message.header.kind.get(), family, body);
            }
        }
        Ok(())
    }

    /// True when the rules changed between two dumps.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// The tables in which destinations can be changed before routing: no others are of interest.
    pub fn nat_tables(&self) -> impl Iterator<Item = &TableId> {
        self.chains
            .iter()
            .filter(|(table, chains)| {
                !self.dormant.contains(table) && chains.values().any(|chain| chain.priority.is_some())
            })
            .map(|(table, _)| table)
    }

    /// Takes note that the elements of a set were asked for: those that came are all.
    pub fn settle(&mut self, id: &SetId) {
        let set = self.sets.entry(id.clone()).or_default();
        let listed = set.listed.take().unwrap_or_default();
        set.whole = Some(set::whole(listed, set.has_intervals).into());
    }

    /// The ports that the rules publish.
    #[must_use]
    pub fn published(&self) -> Found {
        walk::published(self)
    }

    fn one(&mut self, kind: u16, family: u8, body: &[u8]) {
        let parts = Attributes::of(body);
        let Some(name) = parts.text(1) else { return };
        let table = TableId { family, name };
        match kind.checked_sub(SUBSYSTEM) {
            Some(0) => self.table(table, &parts),
            Some(3) => self.chain(table, &parts),
            Some(6) => self.rule(&table, &parts),
            Some(9) => self.set(table, &parts),
            Some(12) => {
                let Some((_, name, listed)) = set::listed(body) else { return };
                let set = self.sets.entry(SetId { table, name }).or_default();
                set.listed.get_or_insert_default().extend(listed);
            }
            _ => {}
        }
    }

    fn table(&mut self, table: TableId, parts: &Attributes<'_>) {
        const DORMANT: u32 = 1;
        if parts.number(2).unwrap_or(0) & DORMANT != 0 {
            self.dormant.insert(table);
        }
    }

    /// `nft_chain_attributes`: a base chain has a type and `nft_hook_attributes`.
    fn chain(&mut self, table: TableId, parts: &Attributes<'_>) {
        const PREROUTING: u32 = 0;
        let Some(name) = parts.text(3) else { return };
        let is_nat = parts.text(7).is_some_and(|kind| kind.as_bytes() == b"nat");
        let hook = Attributes::of(parts.bytes(4).unwrap_or_default());
        let is_first = is_nat && hook.number(1) == Some(PREROUTING);
        let priority = is_first.then(|| hook.number(2).unwrap_or(0).cast_signed());
        self.chains.entry(table).or_default().insert(name, Chain { priority, rules: Vec::new() });
    }

    fn rule(&mut self, table: &TableId, parts: &Attributes<'_>) {
        let family = table.ip_version();
        let list = parts.bytes(4).unwrap_or_default();
        let rule = expression::elements(list).map(|one| expression::expression(one, family)).collect();
        let chain = parts.text(2).and_then(|name| self.chains.get_mut(table)?.get_mut(&name));
        if let Some(chain) = chain {
            chain.rules.push(rule);
        }
    }

    /// `nft_set_attributes`.
    fn set(&mut self, table: TableId, parts: &Attributes<'_>) {
        const INTERVAL: u32 = 4;
        let Some(name) = parts.text(2) else { return };
        let set = self.sets.entry(SetId { table, name }).or_default();
        set.has_intervals = parts.number(3).unwrap_or(0) & INTERVAL != 0;
    }
}
