//! Bytes on a connection, as no client would send them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Harness;

/// What came back on a connection that was written to by hand.
#[derive(Debug)]
pub struct RawAnswer {
    /// Zero where the server closed without a word.
    pub status: u16,
    /// All bytes.
    pub text: String,
}

impl Harness {
    /// Host and port of the http domain.
    pub fn http_authority(&self) -> &str {
        self.http.strip_prefix("http://").unwrap()
    }

    /// Writes bytes to the http domain as they are and reads until the server closes or falls silent. A
    /// server that answers before it has read all may close on the rest.
    pub fn send_raw(&self, bytes: &[u8]) -> RawAnswer {
        let port = self.http_authority().rsplit_once(':').unwrap().1;
        let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let _ = stream.write_all(bytes);
        let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            read.extend_from_slice(&buffer[..count]);
        }
        let text = String::from_utf8_lossy(&read).into_owned();
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        RawAnswer { status, text }
    }

    /// The same with a request line and headers; `Host` and `Connection: close` are added.
    pub fn send_head(&self, line: &str, headers: &str, body: &str) -> RawAnswer {
        let host = self.http_authority();
        self.send_raw(
            format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{body}").as_bytes(),
        )
    }
}
