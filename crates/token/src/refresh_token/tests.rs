use std::collections::HashSet;

use countersign_oauth::MessageAuthenticator;
use countersign_testkit::{SeededRandom, TestSealer};

use super::*;

fn fence(family: &str, generation: u32) -> Fence {
    Fence { family: FamilyId::new(family), generation }
}

fn token(family: &str, generation: u32) -> String {
    let random = SeededRandom::new(7);
    generate(&fence(family, generation), &TestSealer::default(), &random).expose().clone()
}

fn read(token: &str) -> Option<Fence> {
    parse(token, &TestSealer::default())
}

fn body(token: &str) -> Vec<u8> {
    decode_base64url(token.strip_prefix("v1.").unwrap()).unwrap()
}

#[test]
fn tells_family_and_generation() {
    for (family, generation) in [("family", 1), ("fam|ily-ä", 2), ("", 0), ("f", u32::MAX)] {
        assert_eq!(read(&token(family, generation)), Some(fence(family, generation)));
    }
}

#[test]
fn has_256_random_bits_and_a_mac_of_128_around_them() {
    let token = token("family", 0x0102_0304);
    let bytes = body(&token);
    assert_eq!(bytes.len(), 4 + 32 + "family".len() + 16);
    assert_eq!(bytes[..4], [1, 2, 3, 4]);
    let mut random = [0; 32];
    SeededRandom::new(7).fill(&mut random);
    assert_eq!(bytes[4..36], random);
    let (said, mac) = bytes.split_at(bytes.len() - 16);
    assert_eq!(TestSealer::default().mac("refresh_token", said)[..16], *mac);
}

#[test]
fn two_tokens_are_never_the_same() {
    let (sealer, random) = (TestSealer::default(), SeededRandom::default());
    let tokens: HashSet<_> =
        (0..1000).map(|_| generate(&fence("family", 1), &sealer, &random).expose().clone()).collect();
    assert_eq!(tokens.len(), 1000);
}

#[test]
fn a_change_of_any_byte_is_a_forgery() {
    let token = token("family", 3);
    for at in 0..body(&token).len() {
        for flip in [1, 0x80] {
            let mut bytes = body(&token);
            bytes[at] ^= flip;
            assert_eq!(read(&format!("v1.{}", encode_base64url(bytes))), None, "byte {at}");
        }
    }
}

#[test]
fn a_cut_or_extended_token_is_none_of_ours() {
    let token = token("family", 3);
    for length in 0..token.len() {
        assert_eq!(read(&token[..length]), None, "{length}");
    }
    for other in [format!("{token}A"), format!("{token}="), format!(" {token}"), format!("{token}\n")] {
        assert_eq!(read(&other), None, "{other:?}");
    }
    let mut longer = body(&token);
    longer.insert(36, b'x');
    assert_eq!(read(&format!("v1.{}", encode_base64url(longer))), None);
}

#[test]
fn what_another_key_or_purpose_made_is_none_of_ours() {
    assert_eq!(parse(&token("family", 3), &TestSealer::new("another")), None);
    let mut said = 3_u32.to_be_bytes().to_vec();
    said.extend([0; 32]);
    said.extend(b"family");
    let signed = |purpose: &str| {
        let mac = TestSealer::default().mac(purpose, &said);
        format!("v1.{}", encode_base64url([&said[..], &mac[..16]].concat()))
    };
    assert_eq!(read(&signed("refresh_token")), Some(fence("family", 3)));
    assert_eq!(read(&signed("nonce")), None);
}

#[test]
fn what_is_too_short_or_no_text_is_refused_even_under_a_right_mac() {
    for said in [&[0; 3][..], &[0; 4], &[0; 35], &[[0; 36].as_slice(), &[0xff]].concat()] {
        let mac = TestSealer::default().mac("refresh_token", said);
        let token = format!("v1.{}", encode_base64url([said, &mac[..16]].concat()));
        assert_eq!(read(&token), None, "{}", said.len());
    }
    for other in ["", "v1.", "v1", "v2.AAAA", "AAAA", "V1.AAAA", "v1.\u{0}", "v1.====", "v1.é"] {
        assert_eq!(read(other), None, "{other:?}");
    }
}
