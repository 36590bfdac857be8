//! The client against real listeners.
#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "slow servers are slow")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign_crypto::{DevAuthority, OsRandom, SystemClock};
use countersign_oauth::{Clock, FetchError, FetchRequest, FetchResponse, HttpFetch};
use countersign_outbound::{BuildError, Outbound, OutboundOptions};

/// A server that answers every connection with the same bytes, and counts.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// Serves: `answer` gets the connection after the head of the request.
fn serve(answer: impl Fn(&mut dyn Write) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server { address: listener.local_addr().unwrap(), connections: Arc::default() };
    let (connections, answer) = (server.connections.clone(), Arc::new(answer));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            connections.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                answer(&mut stream);
            });
        }
    });
    server
}

fn reply(head: &'static str, body: &'static str) -> Server {
    serve(move |stream| {
        let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    })
}

impl Server {
    fn url(&self) -> String {
        format!("http://{}/path?token=secret", self.address)
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn private() -> OutboundOptions {
    OutboundOptions { allow_private: true, ..OutboundOptions::default() }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn get(options: &OutboundOptions, url: &str) -> Result<FetchResponse, FetchError> {
    get_by(&Outbound::new(options).unwrap(), url)
}

fn get_by(outbound: &Outbound, url: &str) -> Result<FetchResponse, FetchError> {
    run(outbound.fetch(FetchRequest::get(url)))
}

#[test]
fn sp_139_140_private_addresses_are_refused_in_every_spelling_and_before_a_connection() {
    let server = reply("200 OK", "{}");
    let port = server.address.port();
    let options = OutboundOptions { ports: vec![443, port], ..OutboundOptions::default() };
    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "127.1",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "224.0.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
    ];
    let outbound = Outbound::new(&options).unwrap();
    for host in hosts {
        let refused = get_by(&outbound, &format!("https://{host}:{port}/"));
        assert_eq!(refused.unwrap_err(), FetchError::PrivateAddress, "{host}");
    }
    // A name that is found to be ours, or is not found at all.
    let dotted = get(&options, &format!("https://localhost.:{port}/")).unwrap_err();
    assert!(matches!(dotted, FetchError::PrivateAddress | FetchError::Unreachable), "{dotted:?}");
    assert_eq!(server.count(), 0, "nobody called it");
}

#[test]
fn sp_139_only_https_on_allowed_ports_without_user_information_is_called() {
    let urls = [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "unix:/run/socket",
        "data:text/plain,x",
        "https://example.com:8443/",
        "https://example.com:80/",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com/#fragment",
        "//example.com/",
        "example.com",
        "",
    ];
    let outbound = Outbound::new(&OutboundOptions::default()).unwrap();
    for url in urls {
        let refused = get_by(&outbound, url).unwrap_err();
        assert!(matches!(refused, FetchError::Url(_)), "{url}: {refused:?}");
    }
}

#[test]
fn a_host_that_the_operator_names_may_be_private_and_no_other() {
    let server = reply("200 OK\r\ncontent-type: application/json; charset=utf-8", "{}");
    let options =
        OutboundOptions { private_hosts: vec!["Localhost".to_owned()], ..OutboundOptions::default() };
    let port = server.address.port();
    assert_eq!(get(&options, &format!("http://localhost:{port}/")).unwrap().status, 200);
    let other = get(&options, &format!("http://127.0.0.1:{port}/")).unwrap_err();
    assert_eq!(other, FetchError::Url("its scheme is not https"));
    assert_eq!(server.count(), 1);
}

#[test]
fn plain_http_goes_to_private_targets_alone() {
    let refused = get(&private(), "http://8.8.8.8/").unwrap_err();
    assert_eq!(refused, FetchError::PrivateAddress);
}

/// The method is that of RFC 9110 §9, success that of RFC 9110 §15.3.
#[test]
fn an_answer_comes_with_its_status_media_type_and_fields() {
    let server = reply("404 Not Found\r\ncontent-type: Application/JSON; charset=utf-8\r\nx-thing: 1", "{}");
    let answer = get(&private(), &server.url()).unwrap();
    assert_eq!((answer.status, answer.content_type.as_str()), (404, "application/json"));
    assert!(!answer.is_success());
    assert!(answer.headers.contains(&("x-thing".to_owned(), "1".to_owned())));
    assert_eq!(answer.body, b"{}");
}

#[test]
fn sp_141_a_redirect_is_an_answer_and_nobody_follows_it() {
    let target = reply("200 OK", "inside");
    let location = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.url());
    let server = serve(move |stream| {
        let _ = stream.write_all(location.as_bytes());
    });
    assert_eq!(get(&private(), &server.url()).unwrap().status, 302);
    assert_eq!(target.count(), 0);
}

#[test]
fn sp_144_an_answer_over_the_limit_is_refused_whether_it_says_so_or_not() {
    let says = serve(|stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n");
    });
    assert_eq!(get(&private(), &says.url()).unwrap_err(), FetchError::TooLarge);
    let endless = serve(|stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 8192]).is_ok() {}
    });
    assert_eq!(get(&private(), &endless.url()).unwrap_err(), FetchError::TooLarge);
    let limit = OutboundOptions { max_body_bytes: 2, ..private() };
    assert_eq!(get(&limit, &reply("200 OK", "{}").url()).unwrap().body, b"{}");
    assert_eq!(get(&limit, &reply("200 OK", "{ }").url()).unwrap_err(), FetchError::TooLarge);
}

#[test]
fn sp_144_packed_answers_are_refused_since_none_was_asked_for() {
    let server = reply("200 OK\r\ncontent-encoding: gzip", "x");
    assert_eq!(get(&private(), &server.url()).unwrap_err(), FetchError::Broken);
}

#[test]
fn sp_144_slow_answers_end_in_time() {
    let silent = serve(|_| std::thread::sleep(Duration::from_secs(20)));
    let drips = serve(|stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
        while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let options = OutboundOptions { timeout: Duration::from_millis(400), ..private() };
    for server in [silent, drips] {
        let begun = Instant::now();
        assert_eq!(get(&options, &server.url()).unwrap_err(), FetchError::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn what_is_no_http_and_who_does_not_listen_are_told_apart() {
    let garbage = serve(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9\r\n");
    });
    assert_eq!(get(&private(), &garbage.url()).unwrap_err(), FetchError::Broken);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(get(&private(), &format!("http://{closed}/")).unwrap_err(), FetchError::Unreachable);
}

#[test]
fn no_more_calls_run_at_once_than_may() {
    let server = serve(|stream| {
        std::thread::sleep(Duration::from_millis(300));
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    let outbound = Outbound::new(&OutboundOptions { max_calls: 2, ..private() }).unwrap();
    let call = || outbound.fetch(FetchRequest::get(server.url()));
    let (one, two, three) = run(async { tokio::join!(call(), call(), call()) });
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(three.unwrap_err(), FetchError::Full);
    assert!(run(call()).is_ok(), "there is room again");
}

#[test]
fn one_client_serves_many_runtimes() {
    let server = reply("200 OK", "{}");
    let outbound = Arc::new(Outbound::new(&private()).unwrap());
    for _ in 0..3 {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (outbound, url) = (outbound.clone(), server.url());
                std::thread::spawn(move || run(outbound.fetch(FetchRequest::get(url))).unwrap().status)
            })
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 200));
    }
}

/// A TLS server under an authority of its own; answers with the authority's certificate, too.
fn serve_tls() -> (u16, String) {
    let authority = DevAuthority::generate(&[], &OsRandom, SystemClock.now()).unwrap();
    let server = authority.issue_server_certificate(&[], &OsRandom, SystemClock.now()).unwrap();
    let identity = native_tls::Identity::from_pkcs8(
        server.certificate.as_bytes(),
        server.private_key.expose().as_bytes(),
    );
    let acceptor = native_tls::TlsAcceptor::new(identity.unwrap()).unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(mut stream) = acceptor.accept(stream) else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (port, authority.certificate_pem().unwrap())
}

#[test]
fn sp_191_an_authority_that_nobody_named_is_not_trusted() {
    let (port, ca) = serve_tls();
    let url = format!("https://localhost:{port}/");
    assert_eq!(get(&private(), &url).unwrap_err(), FetchError::Tls);
    let trusting = OutboundOptions { ca_pem: Some(ca.into_bytes()), ..private() };
    assert_eq!(get(&trusting, &url).unwrap().status, 200);
    // The certificate is for localhost, not for this name of the same machine.
    assert_eq!(get(&trusting, &format!("https://127.0.0.2:{port}/")).unwrap_err(), FetchError::Tls);
}

#[test]
fn what_is_no_authority_is_refused_at_the_start() {
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"] {
        let options = OutboundOptions { ca_pem: Some(pem.into()), ..OutboundOptions::default() };
        assert_eq!(Outbound::new(&options).unwrap_err(), BuildError::Authorities, "{pem}");
    }
}
