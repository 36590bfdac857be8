//! One HTTP/1.1 connection that is kept open, as cheap for the machine as can be.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A server that says nothing for so long is taken to hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer: status, head as it came, body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The values of a header, in their order.
    pub(crate) fn headers<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn header(&self, name: &'static str) -> Option<&str> {
        self.headers(name).next()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A member of the JSON body that is a text.
    pub(crate) fn member(&self, name: &str) -> Result<String, String> {
        let value: serde_json::Value = serde_json::from_slice(&self.body)
            .map_err(|error| format!("the answer is no JSON ({error}): {} {}", self.status, self.text()))?;
        let member = value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        member.ok_or_else(|| format!("the answer has no {name}: {} {}", self.status, self.text()))
    }

    pub(crate) fn expect(self, status: u16) -> Result<Self, String> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("expected {status}: {}\n{}", self.head, self.text()))
    }
}

/// A connection to a port of this machine.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self, String> {
        let stream =
            TcpStream::connect(("127.0.0.1", port)).map_err(|error| format!("port {port}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), String> {
        self.stream.write_all(request).map_err(|error| format!("the request was not taken: {error}"))
    }

    /// Reads one whole answer, of known length or in chunks.
    pub(crate) fn receive(&mut self) -> Result<Answer, String> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).into_owned();
        self.buffer.drain(..end);
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
        let mut answer = Answer { status: status.ok_or("no status line")?, head, body: Vec::new() };
        answer.body = match answer.header("content-length").map(str::parse::<usize>) {
            Some(Ok(length)) => self.take(length)?,
            Some(Err(_)) => return Err("a Content-Length that is no number".to_owned()),
            None if answer.header("transfer-encoding") == Some("chunked") => self.chunks()?,
            None => Vec::new(),
        };
        Ok(answer)
    }

    fn chunks(&mut self) -> Result<Vec<u8>, String> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                if let Some(at) = find(&self.buffer, b"\r\n") {
                    break self.take(at + 2)?;
                }
                self.more()?;
            };
            let size = String::from_utf8_lossy(&line).trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(|_| format!("a chunk of size `{size}`"))?;
            let chunk = self.take(size + 2)?;
            body.extend_from_slice(chunk.get(..size).unwrap_or_default());
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, String> {
        while self.buffer.len() < length {
            self.more()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn more(&mut self) -> Result<(), String> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(read) => {
                self.buffer.extend_from_slice(bytes.get(..read).unwrap_or_default());
                Ok(())
            }
            Err(error) => Err(format!("no answer: {error}")),
        }
    }
}

/// Where `wanted` begins in `bytes`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The bytes of a request. `headers` are whole lines without their ends; a body is a form.
pub(crate) fn request(port: u16, line: &str, headers: &[String], body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: localhost:{port}\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if let Some(body) = body {
        text.push_str(&format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    } else {
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// A form or a query of these pairs.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}
