//! The program itself, and what it is made of.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use support::{Call, Countersign, Key};

#[test]
fn the_program_serves() {
    // A port that is free now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let others = ["https://a.example.test", "https://b.example.test", "https://c.example.test"];
    let countersign = Countersign::start([&url, others[0], others[1], others[2]]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_resource-server"));
    command.args(["--issuer", &countersign.issuer, "--url", &url, "--listen", &format!("127.0.0.1:{port}")]);
    let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, format!("listening on 127.0.0.1:{port}\n"));
    let orders = format!("{url}/orders");
    let nonce = Call::new("GET", &orders).send().header("DPoP-Nonce").unwrap().to_owned();
    let key = Key::generate();
    let token = countersign.token(&url, "read:orders", Some(&key));
    let proof = key.sign(&key.claims_for("GET", &orders, &token, &nonce));
    let call = Call::new("GET", &orders).header("Authorization", &format!("DPoP {token}"));
    assert_eq!(call.header("DPoP", &proof).send().status, 200);
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn an_option_that_is_missing_or_unsafe_is_named() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_resource-server")).args(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&[]).contains("--issuer is missing"));
    assert!(run(&["--issuer", "https://login.example.test"]).contains("ends with a slash"));
    assert!(
        run(&["--issuer", "http://login.example.test/"]).contains("is neither https nor on this machine")
    );
}

#[test]
fn neither_openssl_nor_a_runtime_nor_a_server_of_ours_is_in_it() {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--package", "resource-server", "--edges", "normal,build", "--prefix", "none"]);
    tree.args(["--locked", "--format", "{lib}"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let has = |name: &str| text.lines().any(|line| line.split(' ').next() == Some(name));
    assert!(has("p256") && has("countersign_jose"), "{text}");
    for unwanted in
        ["openssl", "openssl_sys", "native_tls", "tokio", "actix_web", "actix_rt", "mio", "diesel"]
    {
        assert!(!has(unwanted), "{unwanted} is in it:\n{text}");
    }
    let names = text.lines().filter_map(|line| line.split(' ').next());
    let mut ours: Vec<&str> = names.filter(|name| name.starts_with("countersign_")).collect();
    ours.sort_unstable();
    ours.dedup();
    assert_eq!(ours, ["countersign_dpop", "countersign_jose", "countersign_oauth"]);
}
