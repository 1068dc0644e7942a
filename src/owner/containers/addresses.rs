//! Which container of Docker has an address. Addresses of stopped containers are of nobody, those of
//! Podman and Kubernetes are not looked for: they are in databases, and with the API server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::{Containers, DOCKERS, LARGEST, RETRY, files, valid};
use crate::model::{Container, Runtime};
use crate::sys::file;

/// The containers by their addresses; `None` for one that several have, in networks that are apart.
pub(super) type Addresses = HashMap<IpAddr, Option<Container>>;

impl Containers {
    /// The container of the system that has this address. `now` is of the monotonic clock.
    pub(in crate::owner) fn at(&mut self, addr: IpAddr, now: Duration) -> Option<Container> {
        if self.addresses.as_ref().is_none_or(|(since, _)| now.saturating_sub(*since) >= RETRY) {
            self.addresses = Some((now, self.every_address()));
        }
        self.addresses.as_ref().and_then(|(_, known)| known.get(&addr)).cloned().flatten()
    }

    fn every_address(&self) -> Addresses {
        let mut found = Addresses::new();
        for dir in DOCKERS.iter().flat_map(|docker| file::entries(&self.root.join(docker))) {
            let id = dir.file_name().and_then(|name| valid(name.as_encoded_bytes()));
            let text = file::read_foreign(&dir.join("config.v2.json"), LARGEST);
            let (Some(id), Some(text)) = (id, text) else { continue };
            let Some(facts) = files::docker(&text) else { continue };
            let (name, image) = (facts.name, facts.image);
            let container = Container { name, image, ..Container::new(id.as_bytes(), Runtime::Docker) };
            for addr in files::docker_addresses(&text) {
                let known = found.entry(addr).or_insert_with(|| Some(container.clone()));
                *known = known.take().filter(|known| *known == container);
            }
        }
        found
    }
}
