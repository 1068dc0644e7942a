//! Ports that rules of the packet filter publish, as JSON.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::owner::ContainerView;
use super::words;
use crate::model::{Incoming, PublishedPort, Span};
use crate::text::escape;

/// One port or range of ports. Of one value the last is the first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "published_port", deny_unknown_fields)]
pub(in crate::output) struct PublishedPortView<'a> {
    /// Null for both versions of IP.
    #[schemars(schema_with = "words::family_or_null")]
    family: Option<&'static str>,
    /// Null for any.
    protocol: Option<Cow<'static, str>>,
    /// Null for every address of this host.
    address: Option<IpAddr>,
    address_last: Option<IpAddr>,
    /// Null for every port.
    port: Option<u16>,
    port_last: Option<u16>,
    /// The interface that packets have to come from.
    interface: Option<Cow<'a, str>>,
    /// The one that they must not come from.
    interface_excluded: Option<Cow<'a, str>>,
    /// There is more to it than is told here.
    conditional: bool,
    /// Null when it stays as it is, or is not told by the rule.
    to_address: Option<IpAddr>,
    to_address_last: Option<IpAddr>,
    to_port: Option<u16>,
    to_port_last: Option<u16>,
    /// Whose address the target is.
    container: Option<ContainerView<'a>>,
    /// The table and the chain of the rule.
    table_family: &'static str,
    table: Cow<'a, str>,
    chain: Cow<'a, str>,
}

impl<'a> PublishedPortView<'a> {
    pub(in crate::output) fn new(port: &'a PublishedPort) -> Self {
        let (interface, interface_excluded) = match &port.interface {
            Some(Incoming::From(name)) => (Some(escape(name.as_bytes())), None),
            Some(Incoming::NotFrom(name)) => (None, Some(escape(name.as_bytes()))),
            None => (None, None),
        };
        let word = port.protocol_word().map(Cow::Borrowed);
        Self {
            family: port.family.map(crate::model::Family::word),
            protocol: word.or_else(|| port.protocol.map(|number| number.to_string().into())),
            address: first(port.host),
            address_last: last(port.host),
            port: first(port.ports),
            port_last: last(port.ports),
            interface,
            interface_excluded,
            conditional: port.conditional,
            to_address: first(port.target),
            to_address_last: last(port.target),
            to_port: first(port.target_ports),
            to_port_last: last(port.target_ports),
            container: port.container.as_ref().map(ContainerView::new),
            table_family: port.table_family,
            table: escape(port.table.as_bytes()),
            chain: escape(port.chain.as_bytes()),
        }
    }
}

fn first<T>(span: Option<Span<T>>) -> Option<T> {
    span.map(|span| span.first)
}

fn last<T>(span: Option<Span<T>>) -> Option<T> {
    span.map(|span| span.last)
}
