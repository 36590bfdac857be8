use countersign_oauth::{Seconds, Secret, Timestamp};
use countersign_testkit::NOW;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext, X509VerifyResult};

use super::{DevAuthority, ServerCertificate, certificate_expires_within, certificate_fingerprint};
use crate::{OsRandom, x509};

fn authority() -> DevAuthority {
    DevAuthority::generate(&[], &OsRandom, NOW).unwrap()
}

fn issue(authority: &DevAuthority) -> ServerCertificate {
    authority.issue_server_certificate(&[], &OsRandom, NOW).unwrap()
}

/// What a client does: build the chain, check times, purpose, constraints, and the host's name or address.
fn check(authority: &DevAuthority, certificate: &X509, host: &str, at: Timestamp) -> X509VerifyResult {
    let mut param = X509VerifyParam::new().unwrap();
    param.set_time(at.seconds());
    param.set_purpose(X509PurposeId::SSL_SERVER).unwrap();
    param.set_flags(X509VerifyFlags::X509_STRICT).unwrap();
    match host.parse() {
        Ok(ip) => param.set_ip(ip).unwrap(),
        Err(_) => param.set_host(host).unwrap(),
    }
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(authority.certificate.clone()).unwrap();
    store.set_param(&param).unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), certificate, &Stack::new().unwrap(), |context| {
            context.verify_cert()?;
            Ok(context.error())
        })
        .unwrap()
}

fn parse(certificate: &ServerCertificate) -> X509 {
    X509::from_pem(certificate.certificate.as_bytes()).unwrap()
}

#[test]
fn a_client_that_trusts_the_authority_accepts_the_server_on_localhost_and_loopback() {
    let authority = authority();
    let server = parse(&issue(&authority));
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(check(&authority, &server, host, NOW), X509VerifyResult::OK, "{host}");
    }
    for host in ["example.com", "a.localhost", "127.0.0.2", "192.0.2.1", "::2"] {
        assert_ne!(check(&authority, &server, host, NOW), X509VerifyResult::OK, "{host}");
    }
}

#[test]
fn a_client_that_does_not_trust_the_authority_refuses_the_server() {
    let server = parse(&issue(&authority()));
    assert_ne!(check(&authority(), &server, "localhost", NOW), X509VerifyResult::OK);
}

/// RFC 5280 §4.2.1.10.
#[test]
fn the_authority_cannot_vouch_for_any_other_name_or_address() {
    let authority = authority();
    let forge = |names: &mut SubjectAlternativeName| {
        let key = super::p256_key().unwrap();
        let mut builder = x509::builder(&key, NOW, NOW.plus(Seconds(3600)), &OsRandom).unwrap();
        builder.set_subject_name(&x509::common_name("localhost").unwrap()).unwrap();
        builder.set_issuer_name(authority.certificate.subject_name()).unwrap();
        let context = builder.x509v3_context(Some(&authority.certificate), None);
        let names = names.build(&context).unwrap();
        let identifier =
            openssl::x509::extension::AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        let subject = openssl::x509::extension::SubjectKeyIdentifier::new().build(&context).unwrap();
        for extension in [names, identifier, subject] {
            builder.append_extension(extension).unwrap();
        }
        builder.sign(&authority.key, openssl::hash::MessageDigest::sha256()).unwrap();
        builder.build()
    };
    for dns in ["example.com", "localhost.example.com", "notlocalhost"] {
        let forged = forge(SubjectAlternativeName::new().dns(dns));
        assert_ne!(check(&authority, &forged, dns, NOW), X509VerifyResult::OK, "{dns}");
        let forged = forge(SubjectAlternativeName::new().dns("localhost").dns(dns));
        let found = check(&authority, &forged, "localhost", NOW);
        assert!(found.error_string().contains("permitted subtree violation"), "{dns}: {found}");
    }
    for ip in ["127.0.0.2", "10.0.0.1", "::2", "2001:db8::1"] {
        let forged = forge(SubjectAlternativeName::new().ip(ip));
        assert_ne!(check(&authority, &forged, ip, NOW), X509VerifyResult::OK, "{ip}");
    }
    assert_eq!(
        check(&authority, &forge(SubjectAlternativeName::new().dns("localhost")), "localhost", NOW),
        X509VerifyResult::OK,
        "so the refusals above come from the names"
    );
}

/// RFC 5280 §4.2.1.10.
#[test]
fn a_client_that_does_not_know_name_constraints_must_refuse_the_authority() {
    // The extension's id, then `critical` as true.
    let critical = [0x06, 0x03, 0x55, 0x1d, 0x1e, 0x01, 0x01, 0xff];
    let der = authority().certificate.to_der().unwrap();
    assert!(der.windows(critical.len()).any(|window| window == critical));
}

#[test]
fn the_server_certificate_names_exactly_three_hosts_and_lives_at_most_397_days() {
    let server = parse(&issue(&authority()));
    let names = server.subject_alt_names().unwrap();
    let dns: Vec<_> = names.iter().filter_map(|name| name.dnsname()).collect();
    let ips: Vec<_> = names.iter().filter_map(|name| name.ipaddress()).collect();
    assert_eq!(dns, ["localhost"]);
    assert_eq!(ips, [&[127, 0, 0, 1][..], &std::net::Ipv6Addr::LOCALHOST.octets()]);
    assert_eq!(names.len(), 3);
    let life = server.not_before().diff(server.not_after()).unwrap();
    assert!(life.days < 397, "{life:?}");
    assert!(server.subject_key_id().is_some() && server.authority_key_id().is_some());
    assert_eq!(
        server.public_key().unwrap().ec_key().unwrap().group().curve_name(),
        Some(Nid::X9_62_PRIME256V1)
    );
}

#[test]
fn certificates_are_refused_before_and_after_their_time() {
    let authority = authority();
    let server = parse(&issue(&authority));
    let found = |at| check(&authority, &server, "localhost", at);
    assert_eq!(found(NOW.minus(Seconds(3599))), X509VerifyResult::OK);
    assert_ne!(found(NOW.minus(Seconds(3601))), X509VerifyResult::OK);
    assert_eq!(found(NOW.plus(Seconds(396 * 86_400 - 1))), X509VerifyResult::OK);
    assert_ne!(found(NOW.plus(Seconds(396 * 86_400 + 1))), X509VerifyResult::OK);
}

#[test]
fn expiry_is_told_in_time_to_issue_another() {
    let certificate = issue(&authority()).certificate;
    let day = 86_400;
    let within = |days, at| certificate_expires_within(&certificate, Seconds(days * day), at).unwrap();
    assert!(!within(30, NOW));
    assert!(!within(395, NOW));
    assert!(within(396, NOW));
    assert!(within(30, NOW.plus(Seconds(366 * day))));
    assert!(within(0, NOW.plus(Seconds(400 * day))));
    assert!(certificate_expires_within("no certificate", Seconds(0), NOW).is_err());
}

#[test]
fn an_authority_comes_back_from_pem_and_goes_on_issuing() {
    let first = authority();
    let (certificate, key) = (first.certificate_pem().unwrap(), first.private_key_pem().unwrap());
    let again = DevAuthority::from_pem(&certificate, &key).unwrap();
    assert_eq!(check(&first, &parse(&issue(&again)), "localhost", NOW), X509VerifyResult::OK);
    let other_key = authority().private_key_pem().unwrap();
    assert!(DevAuthority::from_pem(&certificate, &other_key).is_err());
    assert!(DevAuthority::from_pem("", &key).is_err());
    assert!(DevAuthority::from_pem(&certificate, &Secret::from("")).is_err());
}

/// RFC 5280 §4.1.2.2.
#[test]
fn the_servers_key_is_the_certificates_and_each_issue_has_its_own() {
    let authority = authority();
    let (first, second) = (issue(&authority), issue(&authority));
    assert_ne!(first, second);
    for server in [first, second] {
        let key = PKey::private_key_from_pem(server.private_key.expose().as_bytes()).unwrap();
        assert!(parse(&server).public_key().unwrap().public_eq(&key));
        assert!(!format!("{server:?}").contains("PRIVATE KEY"));
    }
}

#[test]
fn a_tls_handshake_by_openssl_succeeds() {
    let authority = authority();
    let server = authority.issue_server_certificate(&[], &OsRandom, NOW).unwrap();
    let mut acceptor =
        openssl::ssl::SslAcceptor::mozilla_intermediate_v5(openssl::ssl::SslMethod::tls_server()).unwrap();
    let key = PKey::private_key_from_pem(server.private_key.expose().as_bytes()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_certificate(&parse(&server)).unwrap();
    acceptor.check_private_key().unwrap();
    let acceptor = acceptor.build();

    let mut connector = openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls_client()).unwrap();
    connector.cert_store_mut().add_cert(authority.certificate.clone()).unwrap();
    let mut parameters = connector.build().configure().unwrap();
    parameters.param_mut().set_time(NOW.seconds());

    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let accepting = std::thread::spawn(move || acceptor.accept(theirs).map(drop).is_ok());
    assert!(parameters.connect("localhost", ours).is_ok());
    assert!(accepting.join().unwrap());
}

fn hosts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// RFC 5280 §4.2.1.10.
#[test]
fn an_authority_made_for_hosts_vouches_for_them_and_for_no_other() {
    // Long enough for lengths of two and three bytes.
    let many: Vec<String> = (0..40).map(|at| format!("host-{at}.docker.internal")).collect();
    for made_for in [hosts(&["host.docker.internal"]), many] {
        let authority = DevAuthority::generate(&made_for, &OsRandom, NOW).unwrap();
        let certificate = authority.issue_server_certificate(&made_for, &OsRandom, NOW).unwrap();
        let server = parse(&certificate);
        for host in made_for.iter().map(String::as_str).chain(["localhost", "127.0.0.1"]) {
            assert_eq!(check(&authority, &server, host, NOW), X509VerifyResult::OK, "{host}");
        }
        assert_ne!(check(&authority, &server, "example.com", NOW), X509VerifyResult::OK);
        assert!(authority.vouches_for(&certificate.certificate, &made_for, NOW).unwrap());
        // A certificate for more, for fewer, and one that has ended.
        assert!(!authority.vouches_for(&certificate.certificate, &[], NOW).unwrap());
        let wider = [made_for.clone(), hosts(&["example.com"])].concat();
        assert!(!authority.vouches_for(&certificate.certificate, &wider, NOW).unwrap());
        let late = NOW.plus(Seconds(400 * 86_400));
        assert!(!authority.vouches_for(&certificate.certificate, &made_for, late).unwrap());
        let forbidden = authority.issue_server_certificate(&wider, &OsRandom, NOW).unwrap();
        assert!(!authority.vouches_for(&forbidden.certificate, &wider, NOW).unwrap());
        assert!(!self::authority().vouches_for(&certificate.certificate, &made_for, NOW).unwrap());
    }
}

#[test]
fn a_fingerprint_is_the_sha_256_of_the_certificate() {
    let certificate = authority().certificate_pem().unwrap();
    let der = X509::from_pem(certificate.as_bytes()).unwrap().to_der().unwrap();
    let expected: String = openssl::sha::sha256(&der).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(certificate_fingerprint(&certificate).unwrap(), expected);
    assert!(certificate_fingerprint("none").is_err());
}
