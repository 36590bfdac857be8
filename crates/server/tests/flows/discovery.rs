//! The discovery document (OpenID Connect Discovery §3; RFC 8414 §2).

use crate::support::{Harness, Request};

#[test]
fn each_domain_has_a_document_of_its_own_issuer() {
    let server = Harness::new();
    for base in [&server.https, &server.http] {
        let url = format!("{base}/.well-known/openid-configuration");
        let document = server.send(&Request::get(url)).expect(200).json();
        assert_eq!(document["issuer"], format!("{base}/"));
        assert_eq!(document["token_endpoint"], format!("{base}/oauth/token"));
        assert_eq!(document["jwks_uri"], format!("{base}/.well-known/jwks.json"));
    }
}

#[test]
fn an_unknown_host_has_no_document() {
    let server = Harness::new();
    let request = Request::get(server.url("/.well-known/openid-configuration"));
    server.send(&request.header("host", "elsewhere.example")).expect(400);
}
