//! An answer of HTTP/1.1 (RFC 9112), to a GET with `Connection: close`, and the head of a request. Reads nothing
//! itself: it is given all that has come so far, and says whether that is all.
//!
//! No redirects, no compression, no interim answers: daemons on a socket of this machine send none.

use httparse::{EMPTY_HEADER, Header, Response, Status};

/// A daemon sends about ten.
const MOST_HEADERS: usize = 64;

/// An answer that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub target: String,
}

/// It is no answer, or ends too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what it answered is not HTTP")]
pub struct Broken;

/// The answer, once it is there as a whole. `ended` tells that nothing more will come.
pub fn answer(bytes: &[u8], ended: bool) -> Result<Option<Answer>, Broken> {
    let whole = parse(bytes, ended)?;
    if whole.is_none() && ended { Err(Broken) } else { Ok(whole) }
}

/// The request, once its head is there as a whole. What follows it is not looked at.
pub fn request(bytes: &[u8]) -> Result<Option<Request>, Broken> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let Status::Complete(_) = head.parse(bytes).map_err(|_| Broken)? else { return Ok(None) };
    let (method, target) = head.method.zip(head.path).ok_or(Broken)?;
    Ok(Some(Request { method: method.to_owned(), target: target.to_owned() }))
}

fn parse(bytes: &[u8], ended: bool) -> Result<Option<Answer>, Broken> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut head = Response::new(&mut headers);
    let Status::Complete(length) = head.parse(bytes).map_err(|_| Broken)? else { return Ok(None) };
    let status = head.code.ok_or(Broken)?;
    let rest = bytes.get(length..).ok_or(Broken)?;
    let body = match framing(head.headers)? {
        Framing::Chunked => chunks(rest)?,
        Framing::Sized(size) => rest.get(..size).map(<[u8]>::to_vec),
        Framing::UntilTheEnd => ended.then(|| rest.to_vec()),
    };
    Ok(body.map(|body| Answer { status, body }))
}

/// Where the body ends (RFC 9112, section 6.3).
enum Framing {
    Chunked,
    Sized(usize),
    UntilTheEnd,
}

fn framing(headers: &[Header<'_>]) -> Result<Framing, Broken> {
    let mut found = None;
    for header in headers {
        let value = header.value.trim_ascii();
        let framing = if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Broken); // nobody asked for another coding
            }
            Framing::Chunked
        } else if header.name.eq_ignore_ascii_case("content-length") {
            Framing::Sized(size(value).ok_or(Broken)?)
        } else {
            continue;
        };
        // Two that contradict each other are how answers are smuggled; two that agree are not sent either.
        if found.replace(framing).is_some() {
            return Err(Broken);
        }
    }
    Ok(found.unwrap_or(Framing::UntilTheEnd))
}

/// Digits alone: `usize` would take a sign, too.
fn size(digits: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit))?;
    text.parse().ok()
}

/// The body in chunks (RFC 9112, section 7.1); `None` before the last one is there. What may follow it
/// are more headers, which nobody reads.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    let mut body = Vec::new();
    loop {
        let Status::Complete((begin, size)) = httparse::parse_chunk_size(rest).map_err(|_| Broken)? else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).map_err(|_| Broken)?;
        let end = begin.checked_add(size).ok_or(Broken)?;
        let (Some(chunk), Some(after)) = (rest.get(begin..end), rest.get(end..)) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = match after {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Ok(None),
            _ => return Err(Broken),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into() }
    }

    #[test]
    fn answers_as_daemons_send_them() {
        for (text, status, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"),
            ("HTTP/1.1 200 OK\r\ncontent-length:  2 \r\nServer: Docker/27.1 (linux)\r\n\r\n{}", 200, "{}"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}and more", 200, "{}"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 200, "{}"),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n000A;x=y\r\n0123456789\r\n0\r\n",
                200,
                "0123456789",
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, ""),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, ""),
            ("HTTP/1.0 500 \r\nContent-Length: 4\r\n\r\nsad\n", 500, "sad\n"),
        ] {
            for ended in [false, true] {
                assert_eq!(answer(text.as_bytes(), ended), Ok(Some(said(status, body))), "{text:?}");
            }
        }
        let endless = b"HTTP/1.1 200 OK\r\n\r\n{}";
        assert_eq!(answer(endless, false), Ok(None), "there may come more");
        assert_eq!(answer(endless, true), Ok(Some(said(200, "{}"))));
    }

    /// Cut short anywhere, an answer is waited for, and broken when nothing more comes.
    #[test]
    fn half_an_answer_is_none() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n",
        ] {
            for end in 0..text.len() {
                let part = &text.as_bytes()[..end];
                assert_eq!(answer(part, false), Ok(None), "{:?}", &text[..end]);
                assert_eq!(answer(part, true), Err(Broken), "{:?}", &text[..end]);
            }
            assert!(answer(text.as_bytes(), false).unwrap().is_some(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_http_is_refused_at_once() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(65));
        for text in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "{\"Name\": \"/web\"}",
            "HTTP/1.1 two OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            &many,
        ] {
            assert_eq!(answer(text.as_bytes(), false), Err(Broken), "{text:?}");
        }
    }

    #[test]
    fn a_request_is_its_first_line_once_the_head_is_whole() {
        let text = "GET /metrics?x HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(request(&text.as_bytes()[..end]), Ok(None), "{:?}", &text[..end]);
        }
        for more in ["", "POST / HTTP/1.1\r\n"] {
            let asked = request(format!("{text}{more}").as_bytes()).unwrap().unwrap();
            assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/metrics?x"));
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
        for text in ["SSH-2.0-OpenSSH_9.2\r\n", "GET / HTTP/2.0\r\n\r\n", "\x16\x03\x01", &many] {
            assert_eq!(request(text.as_bytes()), Err(Broken), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(bytes: Vec<u8>, chunks in "[0-9a-fA-F;\r\n]{0,40}", ended: bool) {
            drop(answer(&bytes, ended));
            drop(request(&bytes));
            let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
            drop(answer(text.as_bytes(), ended));
        }
    }
}
