//! The webhook against servers of the test's own, which misbehave in every way that it must bear.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::super::health::Board;
use super::super::parse;
use super::super::tests::{notices, spec};
use super::*;

/// What a server was asked: the head, and the body.
type Asked = (String, String);

/// A server that handles each connection in this way, one after the other, for as long as the test lasts.
fn server(mut handle: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            handle(stream.unwrap());
        }
    });
    address
}

/// Reads a request; nothing where the other side hung up.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        head.push_str(&line.to_ascii_lowercase());
        line.clear();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

/// A server that gives these answers in turn, the last one for ever, and tells what it was asked.
fn answering(answers: &[&str]) -> (SocketAddr, Receiver<Asked>) {
    let (tell, asked) = channel();
    let mut answers: Vec<String> = answers.iter().rev().map(|answer| (*answer).to_owned()).collect();
    let address = server(move |stream| {
        let mut reader = BufReader::new(&stream);
        while let Some(request) = request(&mut reader) {
            if tell.send(request).is_err() {
                return;
            }
            let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
            if (&stream).write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    (address, asked)
}

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn sink(address: SocketAddr, more: &str) -> Box<dyn Sink> {
    // Who never answers is waited for by those tests alone that say how long.
    let timeout = if more.contains("timeout") { "" } else { "timeout = \"1m\"\n" };
    spec(&format!("kind = \"webhook\"\nurl = \"http://{address}/hook?key=hidden\"\n{timeout}{more}"))
        .open(&Board::default())
        .unwrap()
}

/// Why the first of these was not taken.
fn failure(sink: &mut dyn Sink) -> Failure {
    let lost = sink.deliver(&notices(1..3)).unwrap_err();
    assert_eq!(lost.taken, 0);
    assert!(!lost.to_string().contains("hidden"), "{lost}");
    lost.failure
}

fn is_again(failure: &Failure, words: &str) {
    assert!(matches!(failure, Failure::Again { .. }) && failure.to_string().contains(words), "{failure:?}");
}

#[test]
fn each_alert_is_a_post_with_its_id() {
    let (address, asked) = answering(&[OK]);
    let notices = notices(1..4);
    sink(address, "").deliver(&notices).unwrap();
    for notice in &notices {
        let (head, body) = asked.recv().unwrap();
        assert!(head.starts_with("post /hook?key=hidden http/1.1\r\n"), "{head}");
        let id = format!("00000000000000{:x}", 0xa0 + notice.seq);
        let key = format!("{id}-{}", notice.at.as_millisecond());
        for line in [
            "content-type: application/json".to_owned(),
            format!("x-sockeye-id: {id}"),
            format!("idempotency-key: {key}"),
            format!("user-agent: sockeye/{}", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(head.lines().any(|told| told == line), "{line} is missing: {head}");
        }
        assert!(!head.contains("authorization") && !head.contains("accept-encoding"), "{head}");
        assert_eq!(body, notice.json);
    }
}

#[test]
fn the_secret_is_sent_and_never_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    fs::write(&path, "t0p-Secret\n").unwrap();
    let (address, asked) =
        answering(&["HTTP/1.1 403 Forbidden\r\nContent-Length: 23\r\n\r\nno access by t0p-Secret"]);
    let mut sink = sink(address, &format!("secret_file = {path:?}"));
    let failure = failure(sink.as_mut());
    is_again(&failure, "403 Forbidden: no access by (the secret)");
    assert!(asked.recv().unwrap().0.contains("\r\nauthorization: bearer t0p-secret\r\n"));
    for (text, why) in
        [("", "one word"), ("two words", "one word"), ("a\nb", "one word"), (&"x".repeat(1025), "1024")]
    {
        fs::write(&path, text).unwrap();
        let keys = format!("kind = \"webhook\"\nurl = \"https://example.com\"\nsecret_file = {path:?}");
        let wrong = spec(&keys).open(&Board::default()).map(drop).unwrap_err().to_string();
        assert!(
            wrong.contains(why) && wrong.starts_with("the sink webhook (webhook): /"),
            "{text:?}: {wrong}"
        );
    }
}

#[test]
fn failures_are_told_apart_and_all_is_delivered_after_them() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let broken = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nsorry";
    let refused = "HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 0\r\n\r\n";
    let (address, asked) = answering(&[broken, busy, refused, OK]);
    let mut sink = sink(address, "");
    is_again(&failure(sink.as_mut()), &format!("http://{address} answered 500 Internal Server Error: sorry"));
    let lost = failure(sink.as_mut());
    assert!(
        matches!(lost, Failure::Again { after: Some(wait), .. } if wait == Duration::from_secs(7)),
        "{lost:?}"
    );
    let lost = failure(sink.as_mut());
    assert!(matches!(lost, Failure::Refused { .. }), "{lost:?}");
    sink.deliver(&notices(1..3)).unwrap();
    let ids = asked.try_iter().map(|(_, body)| body).collect::<Vec<_>>();
    assert_eq!(ids.len(), 5, "three that failed, and two");
}

#[test]
fn no_redirect_is_followed() {
    let (elsewhere, visited) = answering(&[OK]);
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let answer =
            format!("HTTP/1.1 {status}\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let (address, _asked) = answering(&[&answer]);
        is_again(&failure(sink(address, "").as_mut()), "which is not followed");
    }
    assert!(visited.try_recv().is_err(), "somebody came");
}

#[test]
fn who_never_answers_costs_the_timeout_and_no_more() {
    let mut kept = Vec::new();
    let silent = server(move |stream| kept.push(stream));
    is_again(&failure(sink(silent, "timeout = \"200ms\"").as_mut()), "did not answer within 200ms");
    // A byte now and then does not make it longer.
    let slow = server(|mut stream| {
        while stream.write_all(b"H").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    is_again(&failure(sink(slow, "timeout = \"300ms\"").as_mut()), "");
}

#[test]
fn an_endless_answer_is_not_read() {
    let (done, hung_up) = channel();
    let address = server(move |stream| {
        let mut reader = BufReader::new(&stream);
        request(&mut reader);
        let mut out = &stream;
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n").unwrap();
        let mut sent: u64 = 0;
        while out.write_all(&[b'x'; 1000]).is_ok() {
            sent += 1000;
        }
        done.send(sent).unwrap();
    });
    sink(address, "").deliver(&notices(1..2)).unwrap();
    // The buffers of the kernel hold some megabytes.
    assert!(hung_up.recv().unwrap() < 100_000_000);
    let endless = server(|stream| {
        let mut reader = BufReader::new(&stream);
        request(&mut reader);
        let mut out = &stream;
        let head = |out: &mut &TcpStream| out.write_all(b"HTTP/1.1 200 OK\r\n").is_ok();
        if head(&mut out) {
            while out.write_all(b"X-More: xxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
        }
    });
    is_again(&failure(sink(endless, "").as_mut()), "");
}

#[test]
fn who_hangs_up_or_speaks_otherwise_is_asked_again() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    is_again(&failure(sink(nobody, "").as_mut()), "efused");
    let closes = server(|stream| {
        request(&mut BufReader::new(&stream));
        drop((&stream).write_all(b"HTTP/1.1 200"));
    });
    is_again(&failure(sink(closes, "").as_mut()), "");
    let (other, _asked) = answering(&["SSH-2.0-OpenSSH_9.2\r\n\r\n"]);
    is_again(&failure(sink(other, "").as_mut()), "");
    // What is no TLS is refused, and the alert stays here.
    let (plain, asked) = answering(&[OK]);
    let keys = format!("kind = \"webhook\"\nurl = \"https://localhost:{}\"", plain.port());
    is_again(&failure(spec(&keys).open(&Board::default()).unwrap().as_mut()), "https://localhost:");
    assert!(asked.try_recv().is_err());
}

#[test]
fn an_answer_that_is_cut_short_still_counts() {
    let address = server(|stream| {
        request(&mut BufReader::new(&stream));
        drop((&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    });
    sink(address, "").deliver(&notices(1..2)).unwrap();
}

#[test]
fn a_url_that_alerts_may_not_go_to_is_refused_and_not_shown() {
    let wrong = |keys: &str| {
        parse(&format!("version = 1\n[[sink]]\nkind = \"webhook\"\n{keys}\n")).unwrap_err().to_string()
    };
    for (url, why) in [
        ("https://user:hidden@example.com/", "a user or a password"),
        ("https://hidden@example.com/", "a user or a password"),
        ("ftp://example.com/hidden", "https:// or http://"),
        ("file:///hidden", "is none"),
        ("example.com/hidden", "is none"),
        ("/hidden", "not a whole one"),
        ("https:///hidden", "is none"),
        ("https://exa mple.com/hidden", "is none"),
        ("", "is none"),
    ] {
        let told = wrong(&format!("url = {url:?}"));
        assert!(told.starts_with("line 4: ") && told.contains(why), "{url}: {told}");
        assert!(!told.contains("hidden"), "{told}");
    }
    assert!(wrong("").contains("the key url is missing"));
    let with_secret = |url: &str| format!("url = {url:?}\nsecret_file = \"/etc/sockeye/secret\"");
    assert!(wrong(&with_secret("http://example.com/")).contains("in the clear"));
    for url in ["http://localhost/", "http://127.0.0.1:8080/", "http://[::1]/", "https://example.com/"] {
        spec(&format!("kind = \"webhook\"\n{}", with_secret(url)));
    }
}

#[test]
fn certificates_of_ones_own_are_read_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    fs::write(&path, "no certificate").unwrap();
    let keys = format!("kind = \"webhook\"\nurl = \"https://example.com\"\nca_file = {path:?}");
    let wrong = spec(&keys).open(&Board::default()).map(drop).unwrap_err();
    assert!(wrong.to_string().contains("no certificate in it"), "{wrong}");
    // What is in it is looked at when it is needed.
    fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let opened = spec(&keys).open(&Board::default());
    assert_eq!(opened.map(|sink| sink.name().to_owned()).unwrap(), "webhook");
}
