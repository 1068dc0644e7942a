//! The files of container runtimes as far as they are of interest. Reads none; what is not as it
//! should be is `None`.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Deserialize;

use crate::model::{Runtime, SystemBytes};

/// Longer names are none: they would be carried around with every socket.
const LONGEST: usize = 1024;

/// What a runtime knows of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) runtime: Runtime,
    pub(super) name: Option<SystemBytes>,
    pub(super) image: Option<SystemBytes>,
    /// The name of its pod, and the pod's namespace.
    pub(super) pod: Option<SystemBytes>,
    pub(super) namespace: Option<SystemBytes>,
}

impl Facts {
    /// These, and what they lack from others.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            runtime: self.runtime,
            name: self.name.or(other.name),
            image: self.image.or(other.image),
            pod: self.pod.or(other.pod),
            namespace: self.namespace.or(other.namespace),
        }
    }
}

type Texts = HashMap<String, String>;

/// Annotations of the Kubernetes runtimes (`pkg/cri/annotations` of containerd,
/// `pkg/annotations` of CRI-O), labels of the kubelet for Docker, and nerdctl's.
const NAMES: &[&str] = &["io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name"];
const IMAGES: &[&str] = &["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"];
const PODS: &[&str] = &["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"];
const NAMESPACES: &[&str] = &["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"];

fn text(text: &str) -> Option<SystemBytes> {
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.into())
}

fn facts(runtime: Runtime, texts: &Texts) -> Facts {
    let first = |keys: &[&str]| keys.iter().find_map(|key| text(texts.get(*key)?));
    Facts {
        runtime,
        name: first(NAMES),
        image: first(IMAGES),
        pod: first(PODS),
        namespace: first(NAMESPACES),
    }
}

/// Docker's `config.v2.json` (`container.Container` of moby).
pub(super) fn docker(json: &[u8]) -> Option<Facts> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct File {
        name: Option<String>,
        config: Option<Config>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Config {
        image: Option<String>,
        labels: Option<Texts>,
    }
    let File { name, config } = serde_json::from_slice(json).ok()?;
    let (image, labels) = config.map_or((None, None), |config| (config.image, config.labels));
    let labelled = facts(Runtime::Docker, &labels.unwrap_or_default());
    // Links between containers gave one several names with slashes; hence the one in front.
    let name = name.and_then(|name| text(name.strip_prefix('/').unwrap_or(&name)));
    Some(Facts {
        name: labelled.name.clone().or(name),
        image: image.and_then(|image| text(&image)),
        ..labelled
    })
}

/// What Docker's API tells of one container, and Podman's in imitation of it (`GET /containers/ID/json`):
/// in the words of `config.v2.json`. `Ok(None)` when it is about another container: one may be called
/// like the id of this.
pub(super) fn inspected(json: &[u8], id: &str, runtime: Runtime) -> Result<Option<Facts>, NotUnderstood> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        id: String,
    }
    let answer: Answer = serde_json::from_slice(json).map_err(|_| NotUnderstood)?;
    if answer.id != id {
        return Ok(None);
    }
    let facts = docker(json).ok_or(NotUnderstood)?;
    Ok(Some(Facts { runtime, ..facts }))
}

/// An answer that is not what the API promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what it answered tells of no container")]
pub(super) struct NotUnderstood;

/// The addresses of a container in Docker's `config.v2.json`: none of one that does not run.
pub(super) fn docker_addresses(json: &[u8]) -> Vec<IpAddr> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct File {
        network_settings: Settings,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Settings {
        networks: HashMap<String, Option<Network>>,
    }
    #[derive(Deserialize)]
    struct Network {
        #[serde(rename = "IPAddress")]
        v4: Option<String>,
        #[serde(rename = "GlobalIPv6Address")]
        v6: Option<String>,
    }
    let Ok(File { network_settings }) = serde_json::from_slice(json) else { return Vec::new() };
    let networks = network_settings.networks.into_values().flatten();
    let texts = networks.flat_map(|network| [network.v4, network.v6]).flatten();
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// The `config.json` of an OCI bundle: its annotations. `None` without any of those that count.
pub(super) fn bundle(json: &[u8], runtime: Runtime) -> Option<Facts> {
    #[derive(Deserialize)]
    struct Spec {
        annotations: Option<Texts>,
    }
    let Spec { annotations } = serde_json::from_slice(json).ok()?;
    let found = facts(runtime, &annotations?);
    (found.name.is_some() || found.image.is_some() || found.pod.is_some()).then_some(found)
}

/// The `containers.json` of a storage (`containers/storage`), by id.
pub(super) fn podman(json: &[u8]) -> HashMap<String, Facts> {
    #[derive(Deserialize)]
    struct Stored {
        id: String,
        names: Option<Vec<String>>,
        /// JSON in JSON.
        metadata: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Metadata {
        image_name: Option<String>,
    }
    let stored: Vec<Stored> = serde_json::from_slice(json).unwrap_or_default();
    let facts = |Stored { id, names, metadata }| {
        let metadata = metadata.and_then(|json: String| serde_json::from_str::<Metadata>(&json).ok());
        let found = Facts {
            runtime: Runtime::Podman,
            name: names.unwrap_or_default().first().and_then(|name: &String| text(name)),
            image: metadata.and_then(|metadata| text(&metadata.image_name?)),
            pod: None,
            namespace: None,
        };
        (id, found)
    };
    stored.into_iter().map(facts).collect()
}
