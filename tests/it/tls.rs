//! A webhook over TLS, with certificates of the test's own: what is signed by whom is trusted gets the alerts, and
//! nobody else does.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::eventually;
use crate::http::request;
use crate::sinks::{Watch, port, write_sinks};
use crate::stock::write_file;

/// Who signs certificates: what to trust, and a server that shows one of its own.
struct Authority {
    pem: String,
    server: Arc<ServerConfig>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { pem: issuer.pem(), server: Arc::new(server) }
    }
}

/// Takes every alert, and shows the certificate that it is given.
struct Server {
    address: String,
    shows: Arc<Mutex<Arc<ServerConfig>>>,
    /// Calls that ended before anything was asked.
    refusals: Arc<AtomicUsize>,
    took: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(shows: &Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            shows: Arc::new(Mutex::new(Arc::clone(shows))),
            refusals: Arc::default(),
            took: Arc::default(),
        };
        let (shows, refusals, took) =
            (Arc::clone(&server.shows), Arc::clone(&server.refusals), Arc::clone(&server.took));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let now = Arc::clone(&shows.lock().unwrap());
                match body(stream.unwrap(), now) {
                    Some(body) => took.lock().unwrap().push(body),
                    None => drop(refusals.fetch_add(1, Ordering::SeqCst)),
                }
            }
        });
        server
    }

    fn takes(&self, listener: &TcpListener) {
        eventually(|| {
            let took = self.took.lock().unwrap();
            if took.iter().any(|body| body.contains(&port(listener))) {
                Ok(())
            } else {
                Err(format!("{took:?}"))
            }
        });
    }

    /// Waits until so many calls more came to nothing.
    fn is_refused(&self, times: usize) {
        let before = self.refusals.load(Ordering::SeqCst);
        eventually(|| match self.refusals.load(Ordering::SeqCst) - before {
            count if count >= times => Ok(()),
            count => Err(format!("{count} calls")),
        });
    }
}

/// Answers one request, and returns its body; nothing where the other side went away.
fn body(stream: TcpStream, shown: Arc<ServerConfig>) -> Option<String> {
    let connection = ServerConnection::new(shown).unwrap();
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let (_, body) = request(&mut reader)?;
    let mut stream = reader.into_inner();
    stream.write_all(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n").ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()?;
    Some(body)
}

#[test]
fn who_shows_a_certificate_that_is_trusted_gets_the_alerts_and_nobody_else() {
    let (trusted, other) = (Authority::new(), Authority::new());
    let server = Server::start(&other.server);
    let sinks = format!(
        "[[sink]]\nkind = \"webhook\"\nurl = \"https://{}/hook\"\nca_file = \"DIR/ca.pem\"\n",
        server.address
    );
    let watch = Watch::start("");
    write_file(&watch.at("ca.pem"), &trusted.pem);
    write_sinks(&watch.dir, &sinks);
    watch.hang_up("alerts go to stdout, webhook", 1);
    // The server is somebody else, and then is not any more.
    let first = watch.report();
    let said = watch.follower.says("alerts cannot be delivered to webhook");
    assert!(said.to_lowercase().contains("certificate"), "{said}");
    server.is_refused(2);
    assert_eq!(server.took.lock().unwrap().len(), 0, "nothing is told to who is not trusted");
    *server.shows.lock().unwrap() = Arc::clone(&trusted.server);
    server.takes(&first);
    watch.follower.says("alerts are delivered to webhook again");
    // Another is trusted: the file is read again with the sinks.
    write_file(&watch.at("ca.pem"), &other.pem);
    watch.hang_up("the policy was read again", 2);
    let second = watch.report();
    server.is_refused(2);
    write_file(&watch.at("ca.pem"), "nothing of the kind");
    watch.hang_up("there is no certificate in it", 1);
    write_file(&watch.at("ca.pem"), [other.pem.as_str(), &trusted.pem].concat());
    watch.hang_up("the policy was read again", 3);
    server.takes(&second);
}
