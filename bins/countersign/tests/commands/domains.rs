use std::net::TcpStream;

use serde_json::Value;

use crate::http::Request;
use crate::process::Process;
use crate::user::Person;

#[test]
fn an_http_issuer_opens_its_listener_alone_and_takes_nothing_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Process::dev(folder.path(), &[]);
    let person = Person::sign_in(&first);
    person.userinfo(&first.text("http")).expect(200);
    let before = first.ready.clone();
    first.signal("TERM");
    assert_eq!(first.wait(), Some(0));

    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://localhost:{port}");
    let issuer = format!("{base}/");
    let https_port = before["https"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
    let options = ["--issuer", &issuer, "--http-port", &port.to_string(), "--https-port", &https_port];
    let server = Process::dev(folder.path(), &options);
    assert_eq!(server.ready["issuer"], issuer);
    assert_eq!(server.ready["http"], base);
    assert_eq!(server.ready["https"], Value::Null);
    assert!(!server.banner.contains("https://localhost:"), "{}", server.banner);
    let https = format!("127.0.0.1:{https_port}");
    assert!(TcpStream::connect(https).is_err(), "the https listener is not to be opened");

    let refused = person.userinfo(&base).expect(401);
    assert_eq!(refused.text("error"), "invalid_token");
    let refused = person.refresh(&base);
    assert_eq!((refused.status, refused.text("error").as_str()), (403, "invalid_grant"), "{refused:?}");
    // A token of its own is taken.
    Person::sign_in(&server).userinfo(&base).expect(200);
    let elsewhere = Request::get(format!("{base}/.well-known/jwks.json")).header("host", "localhost:1");
    server.client().send(&elsewhere).expect(400);
}
