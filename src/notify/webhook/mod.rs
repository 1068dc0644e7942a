//! A place on the network that takes alerts by HTTP: a POST for each, its body the line of JSON.
//!
//! It goes where the file says and nowhere else: no redirect is followed, and no proxy of the environment is
//! asked. Neither the secret nor the path of the URL, which is one often enough, is ever told in a message.

mod answer;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

use super::fields::Fields;
use super::file::told;
use super::settings::{Keys, Text, Wrong};
use super::{Failure, Notice, Sink, TIMEOUT, TIMEOUTS, Undelivered, each};
use crate::sys::{clock, file, way};
use crate::text::{self, brief};

/// What of an answer is read. Who has more to say is hung up on.
const MOST: u64 = 4096;
/// A longer secret could be cut in an answer that repeats it, and so be told.
const LONGEST_SECRET: usize = 1024;

/// What the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Webhook {
    url: String,
    /// Scheme, host and port: what may be told of the URL.
    place: String,
    secret_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    timeout: Duration,
}

impl Webhook {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let url = keys.text("url")?.ok_or_else(|| keys.missing("url", "\"https://example.com/alerts\""))?;
        let secret_file = keys.path("secret_file")?;
        let ca_file = keys.path("ca_file")?;
        let timeout = keys.time("timeout", TIMEOUTS)?.unwrap_or(TIMEOUT);
        let place = place(&url, secret_file.is_some())?;
        Ok(Self { url: url.text.to_owned(), place, secret_file, ca_file, timeout })
    }

    /// True when something of it is in files of its own.
    pub(super) fn has_files(&self) -> bool {
        self.secret_file.is_some() || self.ca_file.is_some()
    }

    pub(super) fn open(&self, name: &str) -> Result<Hook, String> {
        let roots = self.ca_file.as_deref().map(roots).transpose()?.unwrap_or(RootCerts::WebPki);
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_global(Some(self.timeout))
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(16 * 1024)
            .max_idle_connections(1)
            .user_agent(concat!("sockeye/", env!("CARGO_PKG_VERSION")))
            .build();
        let secret = self.secret_file.as_deref().map(secret).transpose()?;
        Ok(Hook {
            name: name.to_owned(),
            webhook: self.clone(),
            secret,
            agent: Agent::new_with_config(config),
        })
    }
}

/// What may be told of the URL, if it is one that alerts may go to.
fn place(url: &Text<'_>, has_secret: bool) -> Result<String, Wrong> {
    let wrong = |why: &str| Wrong::secret(url.span.clone(), why);
    let uri: Uri =
        url.text.parse().map_err(|_| wrong("the url is none, such as https://example.com/alerts"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("the url is not a whole one, such as https://example.com/alerts"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("the url has a user or a password in it; use secret_file, and keep it to root"));
    }
    match scheme {
        "https" => {}
        "http" if !has_secret || is_loopback(authority.host()) => {}
        "http" => {
            return Err(wrong("the secret would cross the network in the clear; the url must be https"));
        }
        _ => return Err(wrong("the url must begin with https:// or http://")),
    }
    Ok(format!("{scheme}://{authority}"))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A file that nobody else could have written.
fn trusted(path: &Path) -> Result<String, String> {
    way::is_safe(path).map_err(|why| told(&why))?;
    file::read_trusted(path, None).map_err(|why| format!("{}: {why}", text::path(path)))
}

fn secret(path: &Path) -> Result<String, String> {
    let text = trusted(path)?;
    let secret = text.trim();
    let is_one = !secret.is_empty() && secret.len() <= LONGEST_SECRET;
    if is_one && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(secret.to_owned());
    }
    Err(format!("{}: a secret is one word of up to {LONGEST_SECRET} ASCII characters", text::path(path)))
}

/// Certificates that are trusted in place of those that are built in.
fn roots(path: &Path) -> Result<RootCerts, String> {
    let pem = trusted(path)?;
    let certificates = parse_pem(pem.as_bytes()).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    match certificates.collect::<Result<Vec<_>, _>>() {
        Ok(found) if !found.is_empty() => Ok(RootCerts::from(found)),
        Ok(_) | Err(_) => Err(format!("{}: there is no certificate in it (PEM)", text::path(path))),
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Hook {
    name: String,
    webhook: Webhook,
    secret: Option<String>,
    agent: Agent,
}

impl Sink for Hook {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        1
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        each(notices, |notice| self.post(notice))
    }
}

impl Hook {
    fn post(&self, notice: &Notice) -> Result<(), Failure> {
        let fields = Fields::of(notice);
        let id = fields.id();
        // Another notice about the same thing, later, is another one; trying again is not.
        let key = format!("{id}-{}", notice.at.as_millisecond());
        let mut request = self.agent.post(&self.webhook.url).content_type("application/json");
        if !id.is_empty() {
            request = request.header("X-Sockeye-Id", id).header("Idempotency-Key", key);
        }
        if let Some(secret) = &self.secret {
            request = request.header("Authorization", format!("Bearer {secret}"));
        }
        let answer = request.send(notice.json.as_bytes()).map_err(|error| self.broken(&error))?;
        self.judge(answer)
    }

    fn judge(&self, answer: http::Response<Body>) -> Result<(), Failure> {
        let status = answer.status();
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| answer::wait(value, clock::now().wall));
        let mut said = Vec::new();
        // Read also where it is taken, so that the connection serves the next one. How it ends changes nothing.
        drop(answer.into_body().into_reader().take(MOST).read_to_end(&mut said));
        let mut said = String::from_utf8_lossy(&said).into_owned();
        if let Some(secret) = &self.secret {
            said = said.replace(secret, "(the secret)");
        }
        answer::judge(status, after, &said).map_err(|failure| failure.of(&self.webhook.place))
    }

    /// Why there was no answer. Whatever it is, it may be mended.
    fn broken(&self, error: &ureq::Error) -> Failure {
        let why = match error {
            ureq::Error::Timeout(_) => format!("did not answer within {}", brief(self.webhook.timeout)),
            ureq::Error::HostNotFound => "is not to be found: its name has no address".to_owned(),
            ureq::Error::BadUri(_) => "is no place to go to".to_owned(),
            error => text::escape(error.to_string().as_bytes()).into_owned(),
        };
        Failure::again(format!("{} {why}", self.webhook.place))
    }
}
